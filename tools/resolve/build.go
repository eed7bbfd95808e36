package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/helmfile/helmfile/pkg/app"
	"github.com/helmfile/helmfile/pkg/config"
	"github.com/helmfile/helmfile/pkg/helmexec"
)

// builder runs `helmfile build --embed-values`. One for all, since a new one would start helm once more.
type builder struct {
	root   string
	app    *app.App
	config *config.BuildImpl
	files  *files
}

func newBuilder(request Request) *builder {
	options := config.NewGlobalImpl(&config.GlobalOptions{HelmBinary: request.Helm, NoColor: true, RepoRetry: -1})
	options.SetLogger(helmexec.NewLogger(os.Stderr, "warn"))
	build := config.NewBuildImpl(options, &config.BuildOptions{EmbedValues: true})
	seen := newFiles(request)
	return &builder{root: request.Root, app: app.New(build).WithFileSystem(seen.system()), config: build, files: seen}
}

// state gives what helmfile prints for one file, and the paths of the files that it read for that.
func (builder *builder) state(path, environment string) (string, []string, error) {
	builder.app.Env, builder.app.FileOrDir = environment, filepath.Join(builder.root, path)
	builder.files.enter(environment)
	text, err := printed(func() error { return builder.app.PrintState(builder.config) })
	var none *app.NoMatchingHelmfileError // a file without releases
	if errors.As(err, &none) {
		err = nil
	}
	return text, builder.files.read, err
}

// printed gives what a function writes to stdout: helmfile has no other way to hand over a state.
func printed(function func() error) (string, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	stdout := os.Stdout
	os.Stdout = writer
	text := make(chan string)
	go func() {
		var all strings.Builder
		_, _ = io.Copy(&all, reader) // a pipe of our own: it ends when the writer is closed
		text <- all.String()
	}()
	err = function()
	os.Stdout = stdout
	return closed(writer, reader, text, err)
}

func closed(writer, reader *os.File, text chan string, err error) (string, error) {
	err = errors.Join(err, writer.Close())
	all := <-text
	return all, errors.Join(err, reader.Close())
}
