package bench

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// describe adds what the kernel tells.
func (m *Machine) describe() {
	m.Processor = procField("/proc/cpuinfo", "model name")
	kib, err := strconv.ParseInt(strings.TrimSuffix(procField("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err == nil {
		m.Memory = kib << 10
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = string(release[:len(release)-len(bytes.TrimLeft(release, "0123456789."))]) // without who built it
	}
}

// procField reads the first line "key: value" of a file.
func procField(path, key string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == key {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
