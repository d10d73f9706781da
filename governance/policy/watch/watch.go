// Package watch notices that files have changed and have come to rest. It looks at the directories that hold them, so
// that it sees editors that rename a new file over the old one and mounts that are swapped by a symbolic link, and it
// follows every link on the way to a file. Where the system sends no notifications it looks from time to time.
package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// What holds where Options say nothing.
const (
	DefaultQuiet    = 200 * time.Millisecond
	DefaultPatience = 3 * time.Second
	DefaultPoll     = 2 * time.Second
	DefaultGlance   = 30 * time.Second
)

// Options say what is watched and who is told. Paths and Changed are required.
type Options struct {
	Paths   func() []string       // files and directories, which need not be there yet; asked again after every change
	Changed func(context.Context) // called by one goroutine, so never twice at once; its context ends with the Watcher
	Fault   func(error)           // told that notifications failed, after which changes are only looked for; may be nil

	Quiet    time.Duration // for which nothing must change before Changed is called: DefaultQuiet
	Patience time.Duration // after which it is called although something still changes: DefaultPatience
	Poll     time.Duration // how often to look where there are no notifications: DefaultPoll
	Glance   time.Duration // how often to look where there are, because some file systems send none: DefaultGlance

	Notify func() (Notifier, error) // makes the source of notifications; nil is the system's
}

// A Notifier sends what happens to the entries of directories.
type Notifier interface {
	Add(dir string) error    // watches a directory; one that is watched already stays so
	Remove(dir string) error // ends that
	Names() <-chan string    // the path of an entry that was made, written, renamed or removed
	Errors() <-chan error    // notifications that were lost
	Close() error            // ends everything
}

// A Watcher calls Options.Changed after changes. It owns one goroutine, for which Close waits.
type Watcher struct {
	o    Options
	poke chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
}

// Start begins to watch. It fails only when the options are incomplete: without notifications it polls.
func Start(o Options) (*Watcher, error) {
	if o.Paths == nil || o.Changed == nil {
		return nil, errors.New("watch: options need Paths and Changed")
	}
	o.fill()
	ctx, stop := context.WithCancel(context.Background())
	w := &Watcher{o: o, poke: make(chan struct{}, 1), stop: stop}
	l := newLooker(&w.o)
	w.done.Go(func() {
		defer l.close()
		l.run(ctx, w.poke)
	})
	return w, nil
}

// Poke calls Changed soon, whether or not anything has changed.
func (w *Watcher) Poke() {
	select {
	case w.poke <- struct{}{}:
	default: // one is waiting already
	}
}

// Close ends the Watcher and waits until Changed is not running any more.
func (w *Watcher) Close() error {
	w.stop()
	w.done.Wait()
	return nil
}

func (o *Options) fill() {
	if o.Fault == nil {
		o.Fault = func(error) {}
	}
	if o.Notify == nil {
		o.Notify = system
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&o.Quiet, DefaultQuiet}, {&o.Patience, DefaultPatience}, {&o.Poll, DefaultPoll}, {&o.Glance, DefaultGlance}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
}

// A looker is the state of the goroutine of a Watcher.
type looker struct {
	o        *Options
	from     Notifier // nil when there are no notifications at all
	watched  map[string]names
	degraded bool // some directory is not watched
	seen     fingerprint
	since    time.Time // of the first change that was not told yet; zero when there is none
	rest     *time.Timer
}

func newLooker(o *Options) *looker {
	l := &looker{o: o, rest: time.NewTimer(time.Hour)}
	l.rest.Stop()
	from, err := o.Notify()
	if err != nil {
		l.degraded = true
		o.Fault(fmt.Errorf("watch: no notifications, so files are looked at every %v: %w", o.Poll, err))
	} else {
		l.from = from
	}
	l.sync()
	l.seen = take(o.Paths())
	return l
}

func (l *looker) close() {
	l.rest.Stop()
	if l.from != nil {
		if err := l.from.Close(); err != nil {
			l.o.Fault(fmt.Errorf("watch: %w", err))
		}
	}
}

func (l *looker) run(ctx context.Context, poke <-chan struct{}) {
	var changed <-chan string
	var lost <-chan error
	if l.from != nil {
		changed, lost = l.from.Names(), l.from.Errors()
	}
	look := time.NewTimer(l.interval())
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case name, ok := <-changed:
			if !ok {
				changed = nil
			} else if l.concerns(name) {
				l.stir()
			}
		case err, ok := <-lost:
			if !ok {
				lost = nil
			} else {
				l.o.Fault(fmt.Errorf("watch: %w", err))
				l.stir()
			}
		case <-look.C:
			l.sync()
			if take(l.o.Paths()) != l.seen {
				l.stir()
			}
			look.Reset(l.interval())
		case <-poke:
			l.tell(ctx)
		case <-l.rest.C:
			l.rested(ctx)
		}
	}
}

// interval is how long to wait before looking again.
func (l *looker) interval() time.Duration {
	if l.degraded {
		return l.o.Poll
	}
	return l.o.Glance
}

// stir notes a change, and that rest is to be waited for from now on.
func (l *looker) stir() {
	if l.since.IsZero() {
		l.since = time.Now()
	}
	l.rest.Reset(l.o.Quiet)
}

// rested tells of a change unless the files changed again meanwhile and there is patience left.
func (l *looker) rested(ctx context.Context) {
	now := take(l.o.Paths())
	if now != l.seen && time.Since(l.since) < l.o.Patience {
		l.seen = now
		l.rest.Reset(l.o.Quiet)
		return
	}
	l.tell(ctx)
}

// tell calls Changed. What changes while it runs is noticed afterwards.
func (l *looker) tell(ctx context.Context) {
	l.since = time.Time{}
	l.rest.Stop()
	l.sync()
	l.seen = take(l.o.Paths())
	l.o.Changed(ctx)
}
