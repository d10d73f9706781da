package redisstate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-kernel/mcp-kernel/internal/redistest"
	"github.com/mcp-kernel/mcp-kernel/state"
	"github.com/mcp-kernel/mcp-kernel/state/redisstate"
)

// TestFailover kills the server that a Sentinel watches. The store finds the replica that has taken its place.
func TestFailover(t *testing.T) {
	t.Parallel()
	watched := redistest.Sentinel(t)
	o, err := redisstate.Parse(fmt.Sprintf("redis://%s/0?master=%s", watched.Sentinel.Address, watched.Name))
	check(t, err)
	store := open(t, o)
	claim := state.Claim{Name: "n", N: 1, Limit: endless}
	_, err = store.Take(t.Context(), "alice", claim)
	check(t, err)
	for watched.Replica.Do("HGET", "mcp-kernel:f:{alice}", "0:n") == "" {
	}
	watched.Master.Kill()
	eventually(t, func() error {
		_, err := store.Take(t.Context(), "alice", claim)
		return err
	})
	if n := used(t, store, "n"); n < 2 {
		t.Errorf("%d are used, want 2 or more: what was replicated is there", n)
	}
}

// TestReplica wants a server that takes no writes to be called that.
func TestReplica(t *testing.T) {
	t.Parallel()
	watched := redistest.Sentinel(t)
	store := open(t, of(watched.Replica))
	err := store.Set(t.Context(), "things/a", nil, 0)
	wantErr(t, "Set", err, redisstate.ErrReadOnly)
}

// TestMovedSlot moves a shard from one server of a cluster to another while the store uses it.
func TestMovedSlot(t *testing.T) {
	t.Parallel()
	servers := redistest.Cluster(t, 2)
	store := open(t, ofCluster(servers))
	claim := state.Claim{Name: "n", N: 1, Limit: endless}
	_, err := store.Take(t.Context(), "foo", claim)
	check(t, err)
	slot := servers[0].Do("CLUSTER", "KEYSLOT", "foo") // 12182, of the second
	to, from := servers[0].Do("CLUSTER", "MYID"), servers[1].Do("CLUSTER", "MYID")
	servers[0].Do("CLUSTER", "SETSLOT", slot, "IMPORTING", from)
	servers[1].Do("CLUSTER", "SETSLOT", slot, "MIGRATING", to)
	_, port, err := net.SplitHostPort(servers[0].Address)
	check(t, err)
	servers[1].Do("MIGRATE", "127.0.0.1", port, "mcp-kernel:f:{foo}", "0", "5000")
	_, err = store.Take(t.Context(), "foo", claim) // it was moved, the slot not yet: "ASK", or "TRYAGAIN" since there are two keys
	if err != nil {
		wantErr(t, "Take", err, redisstate.ErrClusterDown)
	}
	for _, s := range servers {
		s.Do("CLUSTER", "SETSLOT", slot, "NODE", to)
	}
	_, err = store.Take(t.Context(), "foo", claim) // "MOVED"
	check(t, err)
	taken, err := store.Take(t.Context(), "foo", state.Claim{Name: "n"})
	check(t, err)
	if n := taken[0].Used; n < 2 || n > 3 {
		t.Errorf("%d are used, want what was taken before and after", n)
	}
}

// TestTLS has a server that wants TLS and a client's certificate.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := authority(t, dir)
	ca.issue(t, dir, "server", x509.ExtKeyUsageServerAuth)
	ca.issue(t, dir, "client", x509.ExtKeyUsageClientAuth)
	file := func(name string) string { return filepath.Join(dir, name+".pem") }
	server := redistest.StartTLS(t, "--tls-ca-cert-file", file("ca"), "--tls-cert-file", file("server"),
		"--tls-key-file", file("server-key"), "--tls-auth-clients", "yes")
	settings := url.Values{"ca": {file("ca")}, "cert": {file("client")}, "key": {file("client-key")}, "dial_timeout": {ample.String()}, "timeout": {ample.String()}}
	o, err := redisstate.Parse("rediss://" + server.Address + "?" + settings.Encode())
	check(t, err)
	check(t, open(t, o).Set(t.Context(), "things/a", nil, 0))

	for what, change := range map[string]func(url.Values){
		"certificate": func(v url.Values) { v.Del("cert"); v.Del("key") },
		"authority":   func(v url.Values) { v.Del("ca") },
		"name":        func(v url.Values) { v.Set("server_name", "elsewhere") },
	} {
		bad := url.Values{}
		for name := range settings {
			bad.Set(name, settings.Get(name))
		}
		change(bad)
		o, err := redisstate.Parse("rediss://" + server.Address + "?" + bad.Encode())
		check(t, err)
		if _, err := redisstate.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("another %s: error %v, want one about a certificate", what, err)
		}
	}
}

type certifier struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// authority makes a key that signs others, and ca.pem.
func authority(t *testing.T, dir string) *certifier {
	t.Helper()
	c := &certifier{cert: &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}}
	c.key = c.sign(t, dir, "ca", c.cert, nil)
	return c
}

func (c *certifier) issue(t *testing.T, dir, name string, usage x509.ExtKeyUsage) {
	t.Helper()
	c.sign(t, dir, name, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{usage}}, c.key)
}

// sign writes NAME.pem and NAME-key.pem. Without a signer the certificate signs itself.
func (c *certifier) sign(t *testing.T, dir, name string, cert *x509.Certificate, signer *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	if signer == nil {
		signer = key
	}
	cert.SerialNumber, cert.Subject = big.NewInt(1), pkix.Name{CommonName: name}
	cert.NotBefore, cert.NotAfter = time.Unix(0, 0), time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
	der, err := x509.CreateCertificate(rand.Reader, cert, c.cert, &key.PublicKey, signer)
	check(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	for file, block := range map[string]*pem.Block{name: {Type: "CERTIFICATE", Bytes: der}, name + "-key": {Type: "PRIVATE KEY", Bytes: secret}} {
		check(t, os.WriteFile(filepath.Join(dir, file+".pem"), pem.EncodeToMemory(block), 0o600))
	}
	return key
}
