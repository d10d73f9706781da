package redisstate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrEvicts means that the server throws keys away when its memory is full, and with them what was counted.
	ErrEvicts = errors.New("the server evicts keys when its memory is full, and limits would then be forgotten: " +
		"set maxmemory-policy to noeviction")
	// ErrOld means that the server is older than Redis 7.
	ErrOld = errors.New("the server is older than Redis 7")
	// errUnknownPolicy is a warning.
	errUnknownPolicy = errors.New("redis: neither INFO nor CONFIG GET is permitted, so nobody has looked whether " +
		"maxmemory-policy is noeviction: with any other, limits may be forgotten")
)

const oldest = 7 // the major version of Redis

// An inspector looks at each server that is connected to.
type inspector struct {
	warn func(error)
	once sync.Once
}

func newInspector(o Options) *inspector { return &inspector{warn: o.Warn} }

// inspect refuses a connection to a server that is not fit.
func (i *inspector) inspect(ctx context.Context, conn *redis.Conn) error {
	// The library takes the outermost wrapping off what it is told here. Join has none that it sees.
	return errors.Join(i.look(ctx, conn))
}

func (i *inspector) look(ctx context.Context, conn *redis.Conn) error {
	info, err := conn.Info(ctx).Result()
	if err != nil && !denied(err) {
		return err
	}
	facts := factsOf(info)
	if facts["redis_mode"] == "sentinel" {
		return nil
	}
	if err := newEnough(facts["redis_version"]); err != nil {
		return err
	}
	policy := facts["maxmemory_policy"]
	if policy == "" {
		if policy, err = configured(ctx, conn); err != nil {
			return err
		}
	}
	switch policy {
	case "noeviction":
		return nil
	case "":
		i.once.Do(func() { i.warn(errUnknownPolicy) })
		return nil
	}
	return fmt.Errorf("%w; it is %.40s", ErrEvicts, policy)
}

// newEnough looks at a version, "7.0.15" for instance. One that is not told is taken for new.
func newEnough(version string) error {
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err == nil && n < oldest {
		return fmt.Errorf("%w: %.20s", ErrOld, version)
	}
	return nil
}

// configured asks for the policy where INFO has not told it. "" is an answer that is refused.
func configured(ctx context.Context, conn *redis.Conn) (string, error) {
	settings, err := conn.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil && !denied(err) {
		return "", err
	}
	return settings["maxmemory-policy"], nil
}

// denied reports whether the server does not let us ask: by its ACL, or because it does not know the command.
func denied(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") || redis.HasErrorPrefix(err, "unknown command")
}

// factsOf reads the lines "name:value" of INFO.
func factsOf(info string) map[string]string {
	facts := make(map[string]string)
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			facts[name] = value
		}
	}
	return facts
}
