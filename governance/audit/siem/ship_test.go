package siem_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/governance/audit"
	"github.com/mcp-kernel/mcp-kernel/governance/audit/siem"
	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
	"github.com/mcp-kernel/mcp-kernel/state/memstate"
)

// A receiver takes counted messages over TCP, as a log server does.
type receiver struct {
	t    *testing.T
	tls  *tls.Config
	addr string

	mu    sync.Mutex
	on    net.Listener
	conns []net.Conn
	got   []uint64 // numbers of the entries that came
	work  sync.WaitGroup
}

func receive(t *testing.T, c *tls.Config) *receiver {
	t.Helper()
	r := &receiver{t: t, tls: c, addr: "127.0.0.1:0"}
	r.start()
	t.Cleanup(r.kill)
	return r
}

func (r *receiver) start() {
	r.t.Helper()
	on, err := net.Listen("tcp", r.addr) //nolint:noctx // ends with kill
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	r.on, r.addr = on, on.Addr().String()
	r.mu.Unlock()
	r.work.Go(func() {
		for {
			conn, err := on.Accept()
			if err != nil {
				return
			}
			if r.tls != nil {
				conn = tls.Server(conn, r.tls)
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			r.mu.Unlock()
			r.work.Go(func() { r.read(conn) })
		}
	})
}

// number finds the number of the entry in a record.
func number(record string) uint64 {
	m := regexp.MustCompile(`externalId=(\d+)|"sequence":(\d+)`).FindStringSubmatch(record)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseUint(m[1]+m[2], 10, 64) // digits
	return n
}

func (r *receiver) read(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		length, err := in.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
		if err != nil {
			r.t.Errorf("not counted: %q", length)
			return
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		if !message().Match(text) {
			r.t.Errorf("no message: %q", text)
		}
		r.mu.Lock()
		r.got = append(r.got, number(string(text)))
		r.mu.Unlock()
	}
}

func (r *receiver) kill() {
	r.mu.Lock()
	_ = r.on.Close()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
	r.mu.Unlock()
	r.work.Wait()
}

// all waits until every entry up to one has come, and returns how many came twice.
func (r *receiver) all(from, to uint64) (twice int) {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		seen := map[uint64]int{}
		r.mu.Lock()
		for _, n := range r.got {
			seen[n]++
		}
		r.mu.Unlock()
		missing := uint64(0)
		twice = 0
		for n := from; n <= to; n++ {
			if seen[n] == 0 {
				missing = n
			}
			twice += max(0, seen[n]-1)
		}
		if missing == 0 {
			return twice
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("entry %d of %d to %d never came", missing, from, to)
		}
	}
}

type book struct {
	*audit.Journal
	dir string
}

func newBook(t *testing.T) book {
	t.Helper()
	dir := t.TempDir()
	s, err := primitives.OpenSigner(filepath.Join(dir, "key"), "mcp-kernel", nil)
	if err != nil {
		t.Fatal(err)
	}
	j, err := audit.Open(audit.Options{Dir: dir, Origin: "mcp-kernel", Signer: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return book{j, dir}
}

func (b book) write(t *testing.T, n int) uint64 {
	t.Helper()
	for range n {
		e := audit.Entry{Kind: audit.KindControl, Control: &audit.Control{Action: audit.ActionNote, By: "user:ada", Reason: "text"}}
		if err := b.Append(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Head().Size
}

func (b book) ship(t *testing.T, lease *memstate.Store, process string, d siem.Destination) *siem.Shipper {
	t.Helper()
	d.Name = "siem"
	s, err := siem.Start(siem.Options{
		Journal: b, Origin: origin, Destination: d, Dir: filepath.Join(b.dir, "export"), Lease: lease, Process: process,
		Fault: func(err error) { t.Log(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *siem.Shipper) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// Everything arrives, whoever is killed on the way: the receiver, the shipper, or another process that ships too.
func TestShipping(t *testing.T) {
	t.Parallel()
	b, r, lease := newBook(t), receive(t, nil), memstate.New(memstate.Options{})
	first := b.Head().Size + 1
	to := siem.Destination{To: "tcp://" + r.addr}
	one := b.ship(t, lease, "one", to)
	last := b.write(t, 500)
	if twice := r.all(first, last); twice != 0 {
		t.Errorf("%d entries came twice while all was well", twice)
	}
	other := b.ship(t, lease, "two", to) // another process of the same data directory
	last = b.write(t, 100)
	if twice := r.all(first, last); twice != 0 {
		t.Errorf("%d entries came twice: both shipped", twice)
	}
	position := filepath.Join(b.dir, "export", "siem.position")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(position); err == nil && strings.TrimSpace(string(text)) == strconv.FormatUint(last, 10) {
			break // what has come surely is not sent again
		}
		if time.Now().After(deadline) {
			t.Fatal("the position is never kept")
		}
	}
	r.kill()
	last = b.write(t, 100)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if behind, failing := one.Behind(); failing && behind > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("that nobody receives is not told")
		}
	}
	r.start()
	r.all(first, last)
	closed(t, one)
	last = b.write(t, 100) // the other one takes over
	r.all(first, last)
	closed(t, other)
	last = b.write(t, 50) // nobody ships
	closed(t, b.ship(t, lease, "three", to))
	if twice := r.all(first, last); twice > 250 {
		t.Errorf("%d entries came twice", twice)
	}
}

func certificate(t *testing.T) (server *tls.Config, ca string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13}, ca
}

func TestShippingOverTLS(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	config, ca := certificate(t)
	r := receive(t, config)
	first := b.Head().Size + 1
	stranger := b.ship(t, memstate.New(memstate.Options{}), "one", siem.Destination{To: "tls://" + r.addr})
	last := b.write(t, 20)
	closed(t, stranger) // its certificate is nobody's whom the system knows
	r.mu.Lock()
	if len(r.got) != 0 {
		t.Errorf("%d entries came to somebody unknown", len(r.got))
	}
	r.mu.Unlock()
	closed(t, b.ship(t, memstate.New(memstate.Options{}), "one", siem.Destination{To: "tls://" + r.addr, CA: ca}))
	r.all(first, last)
}

func TestShippingDatagrams(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	on, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = on.Close() }()
	s := b.ship(t, memstate.New(memstate.Options{}), "one", siem.Destination{To: "udp://" + on.LocalAddr().String()})
	first := b.Head().Size + 1
	last := b.write(t, 5)
	closed(t, s)
	for n := first; n <= last; n++ {
		text := make([]byte, 8192)
		if err := on.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		size, _, err := on.ReadFrom(text)
		if err != nil || !message().Match(text[:size]) || number(string(text[:size])) != n {
			t.Fatalf("entry %d: %q, %v", n, text[:size], err)
		}
	}
}

func TestShippingToAFile(t *testing.T) {
	t.Parallel()
	b, file := newBook(t), filepath.Join(t.TempDir(), "events.json")
	lease := memstate.New(memstate.Options{})
	first := b.Head().Size + 1
	var last uint64
	for range 3 {
		s := b.ship(t, lease, "one", siem.Destination{To: "file://" + file, Format: siem.OCSF})
		last = b.write(t, 10)
		closed(t, s)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	next := first
	for line := range strings.Lines(string(text)) {
		if number(line) != next {
			t.Fatalf("entry %d, want %d", number(line), next)
		}
		next++
	}
	if next != last+1 {
		t.Errorf("it ends before entry %d, want %d", next, last+1)
	}
}

func TestDestinations(t *testing.T) {
	t.Parallel()
	for to, says := range map[string]string{
		"tcp://127.0.0.1:601": "", "udp://[::1]:514": "", "tls://siem.example:6514": "", "unix:///dev/log": "", "file:///var/log/x.json": "",
		"tcp://127.0.0.1": "HOST:PORT", "tcp://h:1/path": "HOST:PORT", "unix://dev/log": "PATH", "file:events": "PATH", "http://h:1": "want udp://", "": "want udp://",
	} {
		d := siem.Destination{Name: "x", To: to}
		if err := d.Validate(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", to, err, says)
		}
	}
	bad := siem.Destination{Name: "../x", To: "udp://h:1", Format: "xml", CA: "x"}
	err := bad.Validate()
	for _, says := range []string{"../x", "xml", "is for tls://"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := siem.Start(siem.Options{Destination: bad}); err == nil {
		t.Error("it was started")
	}
}
