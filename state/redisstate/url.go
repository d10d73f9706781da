package redisstate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultPort = "6379"

// Parse reads settings from a URL:
//
//	redis://user:password@host:6379/0?prefix=team:
//	rediss://…            with TLS
//
// Several hosts are separated by commas, a port that is missing is 6379. The path is the number of a database. Reserved
// characters of user and password are percent-encoded; ":password@" is the default user's. Behind the question mark:
//
//	prefix=TEXT           of all keys and channels
//	cluster=true          the hosts are some of a Cluster
//	master=NAME           the hosts are Sentinels, this is what they call the server
//	sentinel_user=, sentinel_password=
//	pool=N                connections to each server
//	dial_timeout=5s, timeout=3s
//	ca=FILE               certificates of who may sign the server's, instead of the system's
//	cert=FILE, key=FILE   the client's certificate and key
//	server_name=NAME      that the server's certificate is for, when it is not for the host
//
// All files are PEM. Errors name the part that is wrong and repeat nothing that may hold a password.
func Parse(text string) (Options, error) {
	o, err := parse(text)
	if err != nil {
		return Options{}, fmt.Errorf("redis URL: %w", err)
	}
	if err := o.validate(); err != nil {
		return Options{}, fmt.Errorf("redis URL: %w", err)
	}
	return o, nil
}

func parse(text string) (Options, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "redis" && scheme != "rediss" {
		return Options{}, errors.New("it must begin with redis:// or rediss://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	var o Options
	user := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, authority = authority[:at], authority[at+1:]
	}
	settings, err := settingsOf(query)
	if err != nil {
		return Options{}, err
	}
	return o, errors.Join(o.addresses(authority), o.user(user), o.database(path), o.set(settings), o.secure(scheme == "rediss", settings))
}

func (o *Options) addresses(authority string) error {
	var faults []error
	for host := range strings.SplitSeq(authority, ",") {
		if authority == "" {
			break
		}
		address := host
		if _, _, err := net.SplitHostPort(host); err != nil {
			address = net.JoinHostPort(strings.Trim(host, "[]"), defaultPort)
		}
		name, port, err := net.SplitHostPort(address)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || name == "" || strings.ContainsAny(name, "[]@ ") {
			faults = append(faults, errors.New("a host is not host, host:port or [IPv6]:port (a / or @ in a password is written %2F or %40)"))
			continue
		}
		o.Addresses = append(o.Addresses, address)
	}
	return errors.Join(faults...)
}

func (o *Options) user(text string) error {
	name, password, _ := strings.Cut(text, ":")
	var err, err2 error
	o.Username, err = url.PathUnescape(name)
	if o.Password, err2 = url.PathUnescape(password); err != nil || err2 != nil {
		return errors.New("user or password: a % must be followed by two hexadecimal digits (% itself is %25)")
	}
	return nil
}

func (o *Options) database(path string) (err error) {
	if path == "" {
		return nil
	}
	if o.DB, err = strconv.Atoi(path); err != nil {
		return errors.New("the path must be the number of a database, like /0")
	}
	return nil
}

// settingsOf reads what is behind the question mark. Unknown names and repeated ones are refused.
func settingsOf(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("what is behind the question mark is no list of name=value with percent-encoding")
	}
	settings := make(map[string]string)
	var faults []error
	for name, all := range values {
		if !slices.Contains(known(), name) {
			faults = append(faults, fmt.Errorf("unknown setting %.40q: there are %s", name, strings.Join(known(), ", ")))
		} else if len(all) > 1 {
			faults = append(faults, fmt.Errorf("setting %s is there %d times", name, len(all)))
		}
		settings[name] = all[0]
	}
	return settings, errors.Join(faults...)
}

func known() []string {
	return []string{
		"ca", "cert", "cluster", "dial_timeout", "key", "master", "pool", "prefix", "sentinel_password", "sentinel_user",
		"server_name", "timeout",
	}
}

func (o *Options) set(settings map[string]string) error {
	o.Prefix, o.Master = settings["prefix"], settings["master"]
	o.SentinelUsername, o.SentinelPassword = settings["sentinel_user"], settings["sentinel_password"]
	var faults []error
	read := func(name string, parse func(string) error) {
		if text, ok := settings[name]; ok && parse(text) != nil {
			faults = append(faults, fmt.Errorf("setting %s: %.40q cannot be read", name, text))
		}
	}
	read("cluster", func(text string) (err error) { o.Cluster, err = strconv.ParseBool(text); return err })
	read("pool", func(text string) (err error) { o.Pool, err = strconv.Atoi(text); return err })
	read("dial_timeout", func(text string) (err error) { o.DialTimeout, err = time.ParseDuration(text); return err })
	read("timeout", func(text string) (err error) { o.Timeout, err = time.ParseDuration(text); return err })
	return errors.Join(faults...)
}

// secure sets up TLS.
func (o *Options) secure(on bool, settings map[string]string) error {
	if !on {
		for _, name := range []string{"ca", "cert", "key", "server_name"} {
			if settings[name] != "" {
				return fmt.Errorf("setting %s is for TLS: the URL must begin with rediss://", name)
			}
		}
		return nil
	}
	o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: settings["server_name"]}
	if file := settings["ca"]; file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the path is the operator's
		if err != nil {
			return fmt.Errorf("setting ca: %w", err)
		}
		if o.TLS.RootCAs = x509.NewCertPool(); !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("setting ca: %s has no certificate", file)
		}
	}
	if cert, key := settings["cert"], settings["key"]; cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return fmt.Errorf("settings cert and key: %w", err)
		}
		o.TLS.Certificates = []tls.Certificate{pair}
	}
	return nil
}
