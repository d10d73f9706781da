package secret

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/zalando/go-keyring"
)

// askFor is for how long the system's keyring is asked: it may ask its user for a password.
const askFor = 30 * time.Second

// keyed returns what a keyring has under SERVICE/NAME. A service may have slashes, a name has none.
func (r Resolver) keyed(place string) (string, error) {
	at := strings.LastIndexByte(place, '/')
	if at <= 0 || at == len(place)-1 {
		return "", fmt.Errorf("it %w: want keyring:SERVICE/NAME", ErrStore)
	}
	get := r.Keyring
	if get == nil {
		get = system
	}
	value, err := get(place[:at], place[at+1:])
	switch {
	case errors.Is(err, keyring.ErrNotFound), err == nil && value == "":
		return "", fmt.Errorf("in the keyring it %w", ErrUnset)
	case err != nil:
		return "", fmt.Errorf("it %w: %w", ErrStore, err)
	}
	return value, nil
}

// system asks the keyring of the system's: Secret Service, Keychain or Credential Manager. Nobody waits for one that does not
// answer: what it says later is dropped.
func system(service, name string) (string, error) {
	if err := there(); err != nil {
		return "", err
	}
	type answer struct {
		value string
		err   error
	}
	said := make(chan answer, 1)
	go func() {
		value, err := keyring.Get(service, name)
		said <- answer{value, err}
	}()
	timer := time.NewTimer(askFor)
	defer timer.Stop()
	select {
	case a := <-said:
		return a.value, a.err
	case <-timer.C:
		return "", errors.New("it does not answer")
	}
}

// there reports why there can be no keyring. Without a session's bus the library would start one, which nobody would end.
func there() error {
	if bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); runtime.GOOS == "windows" || runtime.GOOS == "darwin" || bus != "" && bus != "autolaunch:" {
		return nil
	}
	if _, err := os.Stat("/run/user/" + strconv.Itoa(os.Getuid()) + "/bus"); err != nil {
		return errors.New("there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
	}
	return nil
}
