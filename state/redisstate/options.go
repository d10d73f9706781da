package redisstate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	defaultAddress     = "127.0.0.1:6379"
	defaultPrefix      = "mcp-kernel:"
	defaultPool        = 10
	defaultDialTimeout = 5 * time.Second
	defaultTimeout     = 3 * time.Second

	clientName = "mcp-kernel" // in the server's CLIENT LIST

	maxPrefix = 128 // bytes
	maxPool   = 1024
)

// Options are the settings of a Store. The zero value is the server on this machine. Parse reads them from a URL.
type Options struct {
	Addresses []string // host:port; of the server, of some of a cluster's, or of Sentinels; none is 127.0.0.1:6379
	Cluster   bool     // the servers are a Cluster
	Master    string   // what the Sentinels at Addresses call the server; "" is no Sentinel

	Username, Password                 string // of an ACL user; a password alone is the default user's
	SentinelUsername, SentinelPassword string
	DB                                 int // 0 for a Cluster

	Prefix string // of all keys and channels; "" is "mcp-kernel:"

	TLS *tls.Config // nil is no TLS

	Pool        int           // connections to each server; 0 is 10
	DialTimeout time.Duration // of a new connection; 0 is 5 s
	Timeout     time.Duration // how long a server may take to answer, and what is asked to be sent; 0 is 3 s

	// Warn is told what an operator should know though nothing has failed yet. It is called once for each text. nil is nobody.
	Warn func(error)
}

// validate reports all faults at once.
func (o Options) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, address := range o.Addresses {
		if _, _, err := net.SplitHostPort(address); err != nil {
			fault("address %.80q is not host:port", address)
		}
	}
	switch {
	case o.Cluster && o.Master != "":
		fault("a cluster has no master for Sentinel to watch: name one of the two")
	case o.Cluster && o.DB != 0:
		fault("a cluster has no database %d: only 0", o.DB)
	case !o.Cluster && o.Master == "" && len(o.Addresses) > 1:
		fault("%d addresses: that is a cluster, or Sentinels with the name of a master", len(o.Addresses))
	}
	if strings.ContainsAny(o.Prefix, "{}\x00") || len(o.Prefix) > maxPrefix {
		fault("prefix %.80q has braces or a NUL, or more than %d bytes", o.Prefix, maxPrefix)
	}
	if o.DB < 0 {
		fault("database %d is negative", o.DB)
	}
	if o.Pool < 0 || o.Pool > maxPool {
		fault("a pool of %d connections, not up to %d", o.Pool, maxPool)
	}
	if o.DialTimeout < 0 || o.Timeout < 0 {
		fault("a timeout is negative")
	}
	return errors.Join(faults...)
}

// filled puts the defaults in.
func (o Options) filled() Options {
	if len(o.Addresses) == 0 {
		o.Addresses = []string{defaultAddress}
	}
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Pool == 0 {
		o.Pool = defaultPool
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = defaultDialTimeout
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	return o
}

// where names the servers for people.
func (o Options) where() string {
	text := "redis at " + strings.Join(o.Addresses, ",")
	if o.Master != "" {
		text = fmt.Sprintf("redis %s, of the Sentinels at %s", o.Master, strings.Join(o.Addresses, ","))
	}
	return text
}

// patience is how long a whole exchange may take: connecting, waiting for a connection, sending and reading.
func (o Options) patience() time.Duration { return o.DialTimeout + 2*o.Timeout }

// lanes is how many queues there are, and how many goroutines serve each. In a cluster each queue is for neighbouring hash
// slots: a server that does not answer holds up what is for it, and little else.
func (o Options) lanes() (queues, workers int) {
	if o.Cluster {
		return clusterQueues, 2
	}
	return 1, min(o.Pool, maxWorkers)
}

// newClient makes the library's client. Nothing is sent twice: MaxRetries -1 for one server, and see once for a cluster.
func newClient(o Options) client {
	check := newInspector(o)
	quiet := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // of a vendor's managed servers
	switch {
	case o.Cluster:
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: o.Addresses, ClientName: clientName, Username: o.Username, Password: o.Password, TLSConfig: o.TLS, OnConnect: check.inspect,
			PoolSize: o.Pool, MaxRetries: -1, DialTimeout: o.DialTimeout, DialerRetries: 1, ReadTimeout: o.Timeout,
			WriteTimeout: o.Timeout, PoolTimeout: o.Timeout, ContextTimeoutEnabled: true, DisableRoutingPolicies: true,
			DisableIdentity: true, MaintNotificationsConfig: quiet,
		})
	case o.Master != "":
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: o.Master, SentinelAddrs: o.Addresses, ClientName: clientName, SentinelUsername: o.SentinelUsername,
			SentinelPassword: o.SentinelPassword, Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLS,
			OnConnect: check.inspect, PoolSize: o.Pool, MaxRetries: -1, DialTimeout: o.DialTimeout, DialerRetries: 1,
			ReadTimeout: o.Timeout, WriteTimeout: o.Timeout, PoolTimeout: o.Timeout, ContextTimeoutEnabled: true,
			DisableIdentity: true,
		})
	default:
		return redis.NewClient(&redis.Options{
			Addr: o.Addresses[0], ClientName: clientName, Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLS,
			OnConnect: check.inspect, PoolSize: o.Pool, MaxRetries: -1, DialTimeout: o.DialTimeout, DialerRetries: 1,
			ReadTimeout: o.Timeout, WriteTimeout: o.Timeout, PoolTimeout: o.Timeout, ContextTimeoutEnabled: true,
			DisableIdentity: true, MaintNotificationsConfig: quiet,
		})
	}
}
