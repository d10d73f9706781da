package observability

import "runtime"

// A usage is what a system says that the process uses. What it does not say is negative.
type usage struct {
	cpu, start        float64 // seconds
	resident, virtual float64 // bytes
	files, most       float64
}

// readProcess asks the system and the runtime. It stops the program for some microseconds, which is why it is done when
// metrics are read and not otherwise.
func (m *Module) readProcess() {
	used := usageOf()
	for name, value := range map[string]float64{
		processCPU: used.cpu, processStart: used.start, processMemory: used.resident, processVirtual: used.virtual,
		processFiles: used.files, processMost: used.most,
	} {
		m.set.Family(name).Clear()
		if value >= 0 {
			m.set.Family(name).With().Set(value)
		}
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	for name, value := range map[string]float64{
		goroutines: float64(runtime.NumGoroutine()), goProcessors: float64(runtime.GOMAXPROCS(0)),
		goHeap: float64(memory.HeapInuse), goAlloc: float64(memory.HeapAlloc), goAllocated: float64(memory.TotalAlloc),
		goSystem: float64(memory.Sys), goCollections: float64(memory.NumGC), goPauses: float64(memory.PauseTotalNs) / 1e9,
	} {
		m.set.Family(name).With().Set(value)
	}
}

// unsaid is a usage of which nothing is known.
func unsaid() usage { return usage{-1, -1, -1, -1, -1, -1} }
