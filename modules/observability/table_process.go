package observability

import "github.com/mcp-kernel/mcp-kernel/modules/observability/metric"

// The names under which every program in Go reports itself, by the convention of Prometheus' client libraries.
const (
	processCPU     = "process_cpu_seconds_total"
	processStart   = "process_start_time_seconds"
	processMemory  = "process_resident_memory_bytes"
	processVirtual = "process_virtual_memory_bytes"
	processFiles   = "process_open_fds"
	processMost    = "process_max_fds"
	goroutines     = "go_goroutines"
	goHeap         = "go_memstats_heap_inuse_bytes"
	goAlloc        = "go_memstats_heap_alloc_bytes"
	goAllocated    = "go_memstats_alloc_bytes_total"
	goSystem       = "go_memstats_sys_bytes"
	goCollections  = "go_gc_cycles_total"
	goPauses       = "go_gc_pause_seconds_total"
	goProcessors   = "go_sched_gomaxprocs_threads"
)

// processMetrics are of the process and of Go's runtime. Where a system does not tell, the metric is not there.
func processMetrics() []metric.Desc {
	return []metric.Desc{
		{Name: processCPU, Kind: metric.Counter, Unit: "seconds", Help: "Processor time that the process has used."},
		{Name: processStart, Kind: metric.Gauge, Unit: "seconds", Help: "When the process began, in seconds since 1970."},
		{Name: processMemory, Kind: metric.Gauge, Unit: "bytes", Help: "Memory that the process has in RAM."},
		{Name: processVirtual, Kind: metric.Gauge, Unit: "bytes", Help: "Addresses that the process has mapped."},
		{Name: processFiles, Kind: metric.Gauge, Help: "Open files, sockets included."},
		{Name: processMost, Kind: metric.Gauge, Help: "How many files may be open."},
		{Name: goroutines, Kind: metric.Gauge, Help: "Goroutines."},
		{Name: goHeap, Kind: metric.Gauge, Unit: "bytes", Help: "Memory in spans of the heap that are in use."},
		{Name: goAlloc, Kind: metric.Gauge, Unit: "bytes", Help: "Memory of objects on the heap."},
		{Name: goAllocated, Kind: metric.Counter, Unit: "bytes", Help: "Memory of all objects that were ever on the heap."},
		{Name: goSystem, Kind: metric.Gauge, Unit: "bytes", Help: "Memory that was got from the system."},
		{Name: goCollections, Kind: metric.Counter, Help: "Collections of garbage that have ended."},
		{Name: goPauses, Kind: metric.Counter, Unit: "seconds", Help: "Time for which collections of garbage stopped the program."},
		{Name: goProcessors, Kind: metric.Gauge, Help: "How many threads run Go code at once."},
	}
}
