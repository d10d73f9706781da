//go:build !linux

package bench

import "time"

// readUsage and ownCPU can be had on Linux only.
func readUsage([]int) usage { return usage{} }

// nap sleeps.
func nap(d time.Duration) { time.Sleep(d) }

func ownCPU() time.Duration { return 0 }
