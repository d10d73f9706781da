//go:build unix

package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// parked returns the stream so that reading and writing it parks a goroutine, not a thread, and can be interrupted: the
// runtime's poller does that for files that do not block. Only pipes, FIFOs and sockets are touched, which is what hosts
// give us; a terminal shares its settings with the shell behind it. restore makes the stream as it was.
func parked(stream any) (file *os.File, restore func(), err error) {
	f, ok := stream.(*os.File)
	if !ok {
		return nil, func() {}, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return nil, func() {}, nil
	}
	// A copy of the descriptor, so that closing it leaves the stream alone. Both mean one open file and its flags.
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	file = os.NewFile(uintptr(fd), f.Name())
	return file, func() {
		_ = unix.SetNonblock(int(f.Fd()), flags&unix.O_NONBLOCK != 0) // at the end nobody is left to tell
		_ = file.Close()
	}, nil
}

// parkStreams returns both streams parked, as far as they can be.
func parkStreams(in io.Reader, out io.Writer) (io.Reader, io.Writer, func(), error) {
	inFile, restoreIn, err := parked(in)
	if err != nil {
		return nil, nil, nil, err
	}
	outFile, restoreOut, err := parked(out)
	if err != nil {
		restoreIn()
		return nil, nil, nil, err
	}
	if inFile != nil {
		in = inFile
	}
	if outFile != nil {
		out = outFile
	}
	return in, out, func() { restoreOut(); restoreIn() }, nil
}
