package watch

import (
	"sync"

	"github.com/fsnotify/fsnotify"
)

// system returns the notifications of the operating system.
func system() (Notifier, error) {
	from, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	n := &notifications{from: from, names: make(chan string), over: make(chan struct{})}
	n.done.Go(n.forward)
	return n, nil
}

// notifications hand on the names of fsnotify's events. It owns one goroutine, for which Close waits.
type notifications struct {
	from  *fsnotify.Watcher
	names chan string
	over  chan struct{}
	done  sync.WaitGroup
}

// forward hands on names, except of entries whose mode alone has changed.
func (n *notifications) forward() {
	defer close(n.names)
	for event := range n.from.Events {
		if event.Op == fsnotify.Chmod {
			continue
		}
		select {
		case n.names <- event.Name:
		case <-n.over:
			return
		}
	}
}

// Add implements Notifier.
func (n *notifications) Add(dir string) error { return n.from.Add(dir) }

// Remove implements Notifier.
func (n *notifications) Remove(dir string) error { return n.from.Remove(dir) }

// Names implements Notifier.
func (n *notifications) Names() <-chan string { return n.names }

// Errors implements Notifier.
func (n *notifications) Errors() <-chan error { return n.from.Errors }

// Close implements Notifier.
func (n *notifications) Close() error {
	close(n.over)
	err := n.from.Close()
	n.done.Wait()
	return err
}
