package bench

import "runtime"

// A Machine is what the figures were taken on.
type Machine struct {
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	CPUs      int    `json:"cpus"`
	Processor string `json:"processor,omitempty"`
	Memory    int64  `json:"memory_bytes,omitempty"`
	Kernel    string `json:"kernel,omitempty"`
	Go        string `json:"go"` // that built the client
}

// ThisMachine describes the machine that the program runs on. On systems other than Linux some of it is left out.
func ThisMachine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	m.describe()
	return m
}
