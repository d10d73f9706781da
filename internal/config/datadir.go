package config

import (
	"os"
	"path/filepath"
	"runtime"
)

// UpstreamsFile is the file that lists which other servers are governed, or empty when no place for it is known.
func (c *Config) UpstreamsFile() string { return c.beside(c.Upstreams.File, "upstreams.yaml") }

// ToolsFile is the file that lists which programs, operations and modules are tools, or empty when no place for it is known.
func (c *Config) ToolsFile() string { return c.beside(c.Tools.File, "tools.yaml") }

// KeysDir is the folder with the keys of HTTP clients.
func (c *Config) KeysDir() string {
	if dir := c.Server.HTTP.KeysDir; dir != "" {
		return dir
	}
	return c.DataDir
}

// beside is a file as it is configured, or else one of a name beside the configuration.
func (c *Config) beside(configured, name string) string {
	switch {
	case configured != "":
		return configured
	case c.File != "":
		return filepath.Join(filepath.Dir(c.File), name)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "mcp-kernel", name)
}

// CompositionsFile is the file of tools that are made of tools, beside that of other servers, or empty when no place for it
// is known.
func (c *Config) CompositionsFile() string {
	if beside := c.UpstreamsFile(); beside != "" {
		return filepath.Join(filepath.Dir(beside), "compositions.yaml")
	}
	return ""
}

// defaultDataDir is where a user's programs keep their data: $XDG_DATA_HOME or ~/.local/share on Unix,
// ~/Library/Application Support on macOS, %LocalAppData% on Windows. It is empty when no home is known, and then has to
// be configured.
func defaultDataDir() string {
	const name = "mcp-kernel"
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, name)
	}
	if runtime.GOOS == "windows" {
		if dir := os.Getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, name)
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", name)
	}
	return filepath.Join(home, ".local", "share", name)
}
