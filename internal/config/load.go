package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/mcp-kernel/mcp-kernel/modules/primitives"
)

// EnvPrefix begins the name of every environment variable that configures: MCP_KERNEL_DATA_DIR for data_dir.
const EnvPrefix = "MCP_KERNEL"

// Load reads the configuration: flags over environment over file over Default. file is the operator's --config; when
// it is empty, mcp-kernel.yaml in the user's configuration directory is read if it is there. flags are bound to the
// keys that bind names, and only those that were set count. Every fault is reported at once.
func Load(file string, flags *pflag.FlagSet, bind map[string]string) (Config, error) {
	v := viper.New()
	v.SetEnvPrefix(EnvPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	known := keys()
	setDefaults(v)
	for _, key := range known {
		if err := v.BindEnv(key); err != nil {
			return Config{}, fmt.Errorf("binding %s to the environment: %w", key, err)
		}
	}
	for key, name := range bind {
		if flag := flags.Lookup(name); flag != nil && flag.Changed {
			v.Set(key, flag.Value.String())
		}
	}
	path, err := readFile(v, file)
	if err != nil {
		return Config{}, err
	}
	if err := unknownKeys(v, path, known); err != nil {
		return Config{}, err
	}
	return decode(v, path)
}

func readFile(v *viper.Viper, file string) (string, error) {
	path := file
	if path == "" {
		path = usualFile()
	}
	if path == "" {
		return "", nil
	}
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return "", fmt.Errorf("configuration %s: %w", path, err)
	}
	return path, nil
}

func decode(v *viper.Viper, path string) (Config, error) {
	c := Config{File: path}
	hooks := mapstructure.ComposeDecodeHookFunc(
		mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(","))
	if err := v.UnmarshalExact(&c, viper.DecodeHook(hooks)); err != nil {
		return Config{}, fmt.Errorf("configuration %s: %w", orDefaults(path), err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// usualFile is the configuration in the user's directory; "" without a home, or when nothing is there.
func usualFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	path := filepath.Join(dir, "mcp-kernel", "mcp-kernel.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return path
}

func orDefaults(path string) string {
	if path == "" {
		return "from flags and environment"
	}
	return path
}

// unknownKeys reports every key of the file that is none of ours, with the nearest one that is.
func unknownKeys(v *viper.Viper, path string, known []string) error {
	var faults []error
	for _, key := range v.AllKeys() {
		if !slices.Contains(known, key) {
			faults = append(faults, fmt.Errorf("configuration %s: unknown key %q: did you mean %q?", path, key, primitives.Nearest(key, known, len(key)+64)))
		}
	}
	return errors.Join(faults...)
}

// keys lists every key that can be configured, as viper spells them.
func keys() []string { return keysOf(reflect.TypeFor[Config](), "") }

func keysOf(t reflect.Type, prefix string) []string {
	var all []string
	for field := range t.Fields() {
		name := field.Tag.Get("mapstructure")
		switch {
		case name == "-":
		case field.Type.Kind() == reflect.Struct:
			all = append(all, keysOf(field.Type, prefix+name+".")...)
		default:
			all = append(all, prefix+name)
		}
	}
	return all
}

func setDefaults(v *viper.Viper) { defaultsOf(v, reflect.ValueOf(Default()), "") }

func defaultsOf(v *viper.Viper, value reflect.Value, prefix string) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name := field.Tag.Get("mapstructure")
		switch {
		case name == "-":
		case field.Type.Kind() == reflect.Struct:
			defaultsOf(v, value.Field(i), prefix+name+".")
		default:
			v.SetDefault(prefix+name, value.Field(i).Interface())
		}
	}
}
