package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	goyaml "go.yaml.in/yaml/v3"
)

// canonical writes an object with its keys sorted. A long line stays one line: it can be searched for, and a diff shows
// what changed. Not by sigs.k8s.io/yaml, which folds: it could be told not to, but then Helm's toYaml, in the same
// process, would no longer write what helm itself writes.
func canonical(fields map[string]any) (string, error) {
	var texts special
	written, err := encode(texts.mark(fields))
	if err != nil || len(texts) == 0 {
		return written, err
	}
	written = texts.fill(written)
	value := (*special)(nil).mark(fields)
	var again any
	if err := goyaml.Unmarshal([]byte(written), &again); err == nil && reflect.DeepEqual(again, value) {
		return written, nil
	}
	return encode(value)
}

func encode(value any) (string, error) {
	var text bytes.Buffer
	writer := goyaml.NewEncoder(&text)
	writer.SetIndent(2)
	writer.CompactSeqIndent()
	if err := writer.Encode(value); err != nil {
		return "", err
	}
	return text.String(), writer.Close()
}

// special are texts that the library would put on one line, with everything escaped that it doesn't know, or write so
// that other readers read something else. Each is written as a mark at first.
type special []string

// markOf is a character of the private use area, a number, and the next character.
const markStart, markEnd = "\uE0F0", "\uE0F1"

var markedKey = regexp.MustCompile(markStart + `(\d+)` + markEnd + `:`)

var mark = regexp.MustCompile(`(?m)^( *)((?:- |\? |: )*)(.*?)` + markStart + `(\d+)` + markEnd + `$`)

// mark gives a value with its special texts replaced and its numbers as Go has them; nil replaces none.
func (texts *special) mark(value any) any {
	switch value := value.(type) {
	case string:
		if texts == nil || !isSpecial(value) {
			return value
		}
		*texts = append(*texts, value)
		return markStart + strconv.Itoa(len(*texts)-1) + markEnd
	case json.Number:
		return numberOf(value)
	case map[string]any:
		marked := make(map[string]any, len(value))
		for key, item := range value {
			marked[texts.markKey(key)] = texts.mark(item)
		}
		return marked
	case []any:
		marked := make([]any, len(value))
		for index, item := range value {
			marked[index] = texts.mark(item)
		}
		return marked
	}
	return value
}

func (texts *special) markKey(key string) string {
	if texts != nil && (isSpecial(key) || strings.Contains(key, "\n")) {
		*texts = append(*texts, key)
		return markStart + strconv.Itoa(len(*texts)-1) + markEnd
	}
	return key
}

// numberOf keeps an integer one, however great.
func numberOf(number json.Number) any {
	if integer, err := strconv.Atoi(number.String()); err == nil {
		return integer
	}
	if natural, err := strconv.ParseUint(number.String(), 10, 64); err == nil {
		return natural
	}
	fraction, _ := number.Float64()
	return fraction
}

// fill puts the texts where their marks are, below the key or the dash that they belong to.
func (texts special) fill(written string) string {
	written = markedKey.ReplaceAllStringFunc(written, func(found string) string {
		index, err := strconv.Atoi(strings.TrimSuffix(strings.Trim(found, markStart), markEnd+":"))
		if err != nil || index >= len(texts) {
			return found
		}
		return quoted(texts[index], "") + ":"
	})
	return mark.ReplaceAllStringFunc(written, func(line string) string {
		part := mark.FindStringSubmatch(line)
		index, err := strconv.Atoi(part[4])
		if err != nil || index >= len(texts) {
			return line
		}
		depth := len(part[1]) + len(part[2])
		if part[3] == "" && part[2] != "" {
			depth -= 2
		}
		return part[1] + part[2] + part[3] + styled(texts[index], strings.Repeat(" ", depth+2))
	})
}

// isSpecial tells a text with a character beyond the first 65,536, with one that some readers take for the end of a line
// or drop, or of several lines of which one ends in a blank or has a character that must be escaped.
func isSpecial(text string) bool {
	if strings.Contains(text, "\n") && strings.HasPrefix(strings.TrimLeft(text, " \n"), "\t") {
		return true // a tab before the first character of a block is taken for its indentation
	}
	severalLines := strings.IndexByte(text, '\n') >= 0 && strings.IndexByte(text, '\n') < len(text)-1
	var before rune
	for _, char := range text {
		switch {
		case char > 0xFFFF, char == '\u0085', char == '\u2028', char == '\u2029', char == '\uFEFF':
			return true
		case severalLines && (isEscaped(char) || char == '\n' && (before == ' ' || before == '\t')):
			return true
		}
		before = char
	}
	return severalLines && (before == ' ' || before == '\t')
}

// isEscaped tells a character that YAML has no other way to write, or that not all readers agree on.
func isEscaped(char rune) bool {
	switch {
	case char == '\n' || char == '\t':
		return false
	case char < ' ', char >= 0x7F && char <= 0x9F, char == '\u2028', char == '\u2029', char == '\uFEFF':
		return true
	}
	return char&0xFFFE == 0xFFFE || char >= 0xFDD0 && char <= 0xFDEF
}

// styled gives a text as a block where every line can be seen as it is; else in quotes, which show blanks at the end of a
// line and keep them from editors, with a line for each of its lines.
func styled(text, indent string) string {
	if strings.ContainsFunc(text, isEscaped) || !strings.Contains(text, "\n") || strings.TrimLeft(text, " \t\n") != text || endsInBlank(text) {
		return quoted(text, indent)
	}
	header := "|-"
	if strings.HasSuffix(text, "\n\n") {
		header = "|+"
	} else if strings.HasSuffix(text, "\n") {
		header = "|"
	}
	var block strings.Builder
	block.WriteString(header)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		block.WriteByte('\n')
		if line != "" {
			block.WriteString(indent + line)
		}
	}
	return block.String()
}

func endsInBlank(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasSuffix(line, " ") || strings.HasSuffix(line, "\t") {
			return true
		}
	}
	return false
}

// quoted writes a text in double quotes; the end of each of its lines is escaped, and followed by one that isn't read. Without
// an indentation it is one line.
func quoted(text, indent string) string {
	var line strings.Builder
	line.WriteByte('"')
	for index, char := range text {
		switch {
		case char == '"' || char == '\\':
			line.WriteByte('\\')
			line.WriteRune(char)
		case char == '\n':
			line.WriteString(`\n`)
			if indent != "" && index < len(text)-1 {
				line.WriteString("\\\n" + indent)
				if text[index+1] == ' ' {
					line.WriteByte('\\') // blanks at the start of a line aren't read
				}
			}
		case char == '\t':
			line.WriteString(`\t`)
		case char == '\r':
			line.WriteString(`\r`)
		case isEscaped(char) && char <= 0xFF:
			fmt.Fprintf(&line, `\x%02X`, char)
		case isEscaped(char) && char <= 0xFFFF:
			fmt.Fprintf(&line, `\u%04X`, char)
		case isEscaped(char):
			fmt.Fprintf(&line, `\U%08X`, char)
		default:
			line.WriteRune(char)
		}
	}
	line.WriteByte('"')
	return line.String()
}
