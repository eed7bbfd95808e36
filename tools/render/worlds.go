package main

import (
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/sprig/v3"
)

// worldCount is in how many worlds a chart renders at least that calls a function that isn't pure. Two would show that its
// value differs; what a template computes from it (the first letter, the remainder by two) can coincide in two of them.
//
// Where nothing differs in these, more worlds follow: one for each choice that a function has, up to manyChoices. In
// these each value of a small range, each character at each place, each order of two or three keys, each key of more at
// each place and each day of the year comes up. What needs several values at once, one of very many, or one day of one
// year may still coincide.
const (
	worldCount  = 4
	manyChoices = 64
)

// A world decides what chance, the clock and the order of maps are in one render. In each world every such function
// gives another value than in the others, whenever it has another one to give; for pure arguments it gives what Helm's
// own function gives.
type world struct {
	number int
	only   string          // if not empty, all functions but this one are those of world 0
	called map[string]bool // the functions whose value could have been another one
	calls  map[string]int
	wanted int // in how many worlds all that the functions can choose comes up
}

func newWorld(number int, only string) *world {
	return &world{number: number, only: only, called: map[string]bool{}, calls: map[string]int{}}
}

// library has the functions that Helm takes from sprig.
var library = sprig.TxtFuncMap()

// functions are the replacements of all that isn't pure.
func (w *world) functions() map[string]any {
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	functions := w.dates()
	maps.Copy(functions, map[string]any{
		"keys": w.keys, "values": w.values, "shuffle": w.shuffle, "randInt": w.randInt, "randBytes": w.randBytes, "uuidv4": w.uuidv4,
		"randAlpha":    w.characters("randAlpha", letters),
		"randAlphaNum": w.characters("randAlphaNum", letters+digits),
		"randNumeric":  w.characters("randNumeric", digits),
		"randAscii":    w.characters("randAscii", letters+digits), // nothing that YAML would read as anything but text
	})
	for _, name := range []string{"bcrypt", "htpasswd", "encryptAES", "genCAWithKey", "genSelfSignedCertWithKey", "genSignedCertWithKey"} {
		functions[name] = w.salted(name)
	}
	for _, name := range []string{"genCA", "genSelfSignedCert", "genSignedCert"} {
		functions[name] = w.certificate(name)
	}
	functions["genPrivateKey"] = w.privateKey
	return functions
}

// turn tells in which world a function is, and that it was asked, with so many choices.
func (w *world) turn(name string, choices int) int {
	w.called[name] = true
	w.wanted = max(w.wanted, worldCount+choices)
	if w.only != "" && w.only != name {
		return 0
	}
	return w.number
}

// source is the same chance in every world, for this call of this function.
func (w *world) source(name string) *rand.Rand {
	w.calls[name]++
	seed := fnv.New64a()
	seed.Write([]byte(name))
	return rand.New(rand.NewPCG(seed.Sum64(), uint64(w.calls[name])))
}

// shift is by how much a choice among n moves in a world: by half of them at first, then by one; then by each number,
// or as many as there are worlds, spread over all.
func shift(number, n int) int {
	if more := number - worldCount; more >= 0 {
		if n <= manyChoices {
			return more % n
		}
		return (more*n/manyChoices + more/16) % n
	}
	if number%2 == 0 {
		return number / 2 % n
	}
	return ((n+1)/2 + number/2) % n
}

func (w *world) characters(name, alphabet string) func(int) string {
	real := library[name].(func(int) string)
	return func(count int) string {
		if count < 1 {
			return real(count)
		}
		source, moved := w.source(name), shift(w.turn(name, len(alphabet)), len(alphabet))
		text := make([]byte, count)
		for index := range text {
			text[index] = alphabet[(source.IntN(len(alphabet))+moved)%len(alphabet)]
		}
		return string(text)
	}
}

func (w *world) bytes(name string, count int) []byte {
	source, moved := w.source(name), shift(w.turn(name, manyChoices), 256)
	data := make([]byte, count)
	for index := range data {
		data[index] = byte(source.IntN(256) + moved)
	}
	return data
}

func (w *world) randBytes(count int) (string, error) {
	if count < 1 {
		return library["randBytes"].(func(int) (string, error))(count)
	}
	return base64.StdEncoding.EncodeToString(w.bytes("randBytes", count)), nil
}

func (w *world) uuidv4() string {
	data := w.bytes("uuidv4", 16)
	data[6], data[8] = data[6]&0x0f|0x40, data[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", data[:4], data[4:6], data[6:8], data[8:10], data[10:])
}

// randInt gives both ends first: a condition on it turns somewhere between them.
func (w *world) randInt(least, bound int) int {
	size := bound - least
	if size < 2 {
		return library["randInt"].(func(int, int) int)(least, bound)
	}
	drawn, number := w.source("randInt").IntN(size), w.turn("randInt", min(size, manyChoices))
	switch number {
	case 0:
		return least
	case 1:
		return bound - 1
	case 2:
		return least + 1
	case 3:
		return least + drawn
	}
	return least + (drawn+shift(number, size))%size
}

// arrange puts items into the order of a world: at first every item moves to another place. Then they are rotated by each
// number, in both directions.
func arrange[T any](items []T, number int) []T {
	more := number - worldCount
	if number%2 == 0 && number > 0 && more < 0 || more >= len(items) {
		slices.Reverse(items)
	}
	if len(items) == 0 {
		return items
	}
	by := (number + 1) / 2 % len(items)
	if more >= 0 {
		by = more % len(items)
	} else if number%2 == 0 {
		by = 0
	}
	return append(items[by:len(items):len(items)], items[:by]...)
}

func (w *world) shuffle(text string) string {
	characters := []rune(text)
	if strings.Trim(text, string(characters[:min(1, len(characters))])) == "" {
		return text // one character, or always the same one
	}
	return string(arrange(characters, w.turn("shuffle", orders(len(characters)))))
}

// arranged are the keys of a map in the order of a world.
func (w *world) arranged(name string, fields map[string]any) []string {
	keys := slices.Sorted(maps.Keys(fields))
	if len(keys) < 2 {
		return keys
	}
	return arrange(keys, w.turn(name, orders(len(keys))))
}

// orders is in how many orders so many items come up.
func orders(count int) int { return min(2*count, manyChoices) }

func (w *world) keys(all ...map[string]any) []string {
	keys := []string{}
	for _, fields := range all {
		keys = append(keys, w.arranged("keys", fields)...)
	}
	return keys
}

func (w *world) values(fields map[string]any) []any {
	values := []any{}
	for _, key := range w.arranged("values", fields) {
		values = append(values, fields[key])
	}
	return values
}

// salted is a function of Helm's whose value has so much chance in it that it is another one at every call.
func (w *world) salted(name string) any {
	real := reflect.ValueOf(library[name])
	return reflect.MakeFunc(real.Type(), func(arguments []reflect.Value) []reflect.Value {
		if w.turn(name, 0) < worldCount {
			return real.Call(arguments)
		}
		return again(fmt.Sprint(name, arguments), func() []reflect.Value { return real.Call(arguments) })
	}).Interface()
}

// certificate takes its key from the world: Helm's are made at every call, for a tenth of a second each.
func (w *world) certificate(name string) any {
	kind, real := reflect.TypeOf(library[name]), reflect.ValueOf(library[name+"WithKey"])
	return reflect.MakeFunc(kind, func(arguments []reflect.Value) []reflect.Value {
		return real.Call(append(slices.Clone(arguments), reflect.ValueOf(rsaKeys[w.turn(name, 0)%worldCount]())))
	}).Interface()
}

func (w *world) privateKey(kind string) string {
	turn := w.turn("genPrivateKey", 0)
	if kind == "" || kind == "rsa" {
		return rsaKeys[turn%worldCount]()
	}
	generate := func() string { return library["genPrivateKey"].(func(string) string)(kind) }
	if turn < worldCount {
		return generate()
	}
	return again("genPrivateKey "+kind, generate)
}

// made are what slow functions gave, by the function and its arguments.
var made sync.Map

// again gives what a slow function gave before: in a few worlds its value has shown all that it can.
func again[T any](call string, function func() T) T {
	if value, ok := made.Load(call); ok {
		return value.(T)
	}
	value := function()
	made.Store(call, value)
	return value
}

// rsaKeys are a key for each world.
var rsaKeys = func() (keys [worldCount]func() string) {
	for number := range keys {
		keys[number] = sync.OnceValue(func() string {
			key, err := rsa.GenerateKey(crand.Reader, 2048)
			if err != nil {
				panic(err) // no chance left on this machine
			}
			return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
		})
	}
	return keys
}()
