package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helmfile/helmfile/pkg/filesystem"
)

// files is the disk as one environment may see it: without other environments' files. It records what is read.
type files struct {
	folder  string                     // environments/
	allowed map[string]map[string]bool // environment -> paths
	current map[string]bool
	read    []string
	matches map[string][]string // pattern -> paths: helmfile looks for the same helpers before every template
}

func newFiles(request Request) *files {
	seen := &files{folder: filepath.Join(request.Root, "environments"), allowed: map[string]map[string]bool{}, matches: map[string][]string{}}
	for name, own := range request.Environments {
		seen.allowed[name] = map[string]bool{}
		for _, path := range own {
			for at := filepath.Join(request.Root, path); at != seen.folder && at != request.Root; at = filepath.Dir(at) {
				seen.allowed[name][at] = true
			}
		}
	}
	return seen
}

func (seen *files) enter(environment string) {
	seen.current, seen.read = seen.allowed[environment], nil
}

// hides tells whether a path is a file of another environment, or a folder with only such files.
func (seen *files) hides(path string) bool {
	full, err := filepath.Abs(path)
	return err == nil && strings.HasPrefix(full, seen.folder+"/") && !seen.current[full]
}

// glob gives a new list of the paths that match a pattern. Nothing changes the staged sources during a run, so it looks
// for them once.
func (seen *files) glob(disk *filesystem.FileSystem, pattern string) ([]string, error) {
	full, err := filepath.Abs(pattern)
	if err != nil {
		return nil, err
	}
	key := full + "\x00" + pattern // paths are as relative as the pattern, and helmfile changes the folder
	found, known := seen.matches[key]
	if !known {
		if found, err = disk.Glob(pattern); err != nil {
			return found, err
		}
		seen.matches[key] = found
	}
	return slices.Clone(found), nil
}

func (seen *files) system() *filesystem.FileSystem {
	disk := filesystem.DefaultFileSystem()
	missing := func(path string) error { return &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist} }
	return filesystem.FromFileSystem(filesystem.FileSystem{
		ReadFile: func(path string) ([]byte, error) {
			if seen.hides(path) {
				return nil, missing(path)
			}
			if full, err := filepath.Abs(path); err == nil && !slices.Contains(seen.read, full) {
				seen.read = append(seen.read, full)
			}
			return disk.ReadFile(path)
		},
		Stat: func(path string) (os.FileInfo, error) {
			if seen.hides(path) {
				return nil, missing(path)
			}
			return disk.Stat(path)
		},
		FileExists: func(path string) (bool, error) {
			if seen.hides(path) {
				return false, nil
			}
			return disk.FileExists(path)
		},
		FileExistsAt:      func(path string) bool { return !seen.hides(path) && disk.FileExistsAt(path) },
		DirectoryExistsAt: func(path string) bool { return !seen.hides(path) && disk.DirectoryExistsAt(path) },
		Glob: func(pattern string) ([]string, error) {
			found, err := seen.glob(disk, pattern)
			return slices.DeleteFunc(found, seen.hides), err
		},
	})
}
