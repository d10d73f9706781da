package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-kernel/mcp-kernel/server/keys"
)

func (a *app) keys() *cobra.Command {
	return group(&cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke the keys that HTTP clients show",
		Long: `A key is a bearer token: whoever shows it to a server on this data directory, in the header "Authorization: Bearer KEY",
is the principal that it was made for, and limits and the journal go by that name. A server that has keys serves nobody
without one; a server that has none listens on this machine alone.`,
		Example: `  mcp-kernel keys create --principal user:ada --expires 90d --note "her laptop"
  mcp-kernel keys list`,
	}, a.keysCreate(), a.keysList(), a.keysRevoke())
}

// A keyLine is one key, as `keys --output json` prints it.
type keyLine struct {
	keys.Key
	Status keys.Status `json:"status"`          // active, expired, revoked
	Token  string      `json:"token,omitempty"` // when it is made, and never again
}

func lineOfKey(k keys.Key, now time.Time) keyLine { return keyLine{Key: k, Status: k.Status(now)} }

// expiry is when the key ends, for people.
func (l *keyLine) expiry() string {
	if l.Expires.IsZero() {
		return "never"
	}
	return l.Expires.Format(time.RFC3339)
}

func (a *app) keysCreate() *cobra.Command {
	var principal, expires, note string
	cmd := &cobra.Command{
		Use:   "create --principal NAME",
		Short: "Make a key and show it, this once",
		Long: `Create makes a key and prints it on standard output. Only its hash is kept, so it cannot be shown again: hand it over now.
A principal is whom the key stands for, as in user:ada or service:ci; keys of one principal share its limits, and so does the
user of that name over stdio.`,
		Example: `  mcp-kernel keys create --principal user:ada --expires 90d --note "her laptop"
  mcp-kernel keys create --principal service:ci --expires 2027-01-01T00:00:00Z > ci.key`,
		Args: arguments(0, 0, "no arguments: the name goes into --principal"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			ends, err := later(expires, now)
			switch {
			case err != nil:
				return misused(cmd, "--expires %q: want how long from now, as in 90d or 12h, or a time, as in 2027-01-01T00:00:00Z", expires)
			case principal == "":
				return misused(cmd, "say whom the key is for: --principal user:ada")
			}
			s, err := a.keyStore(cmd)
			if err != nil {
				return err
			}
			token, k, err := s.Create(principal, ends, note)
			if err != nil {
				return err
			}
			return a.printKey(keyLine{Key: k, Status: k.Status(now), Token: token})
		},
	}
	cmd.Flags().StringVar(&principal, "principal", "", "`name` of whom the key stands for, as in user:ada")
	cmd.Flags().StringVar(&expires, "expires", "", "when it ends: a `time`, or how long from now, as in 90d (default never)")
	cmd.Flags().StringVar(&note, "note", "", "a remark for `keys list`")
	return cmd
}

// printKey shows a key. As text it is alone on standard output, so that it can be piped; what there is to know beside it
// is told on standard error.
func (a *app) printKey(line keyLine) error {
	if err := a.print(line, func(t *table) { t.line("%s", line.Token) }); err != nil || a.output == "json" {
		return err
	}
	_, err := fmt.Fprintf(a.err, "This is the key of %s; it expires: %s. It is kept nowhere and cannot be shown again.\nEnd it with: mcp-kernel keys revoke %s\n",
		line.Principal, line.expiry(), line.ID)
	return err
}

func (a *app) keysList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the keys, without what they are recognised by",
		Long:    `List shows every key that was made, the newest first: those that have expired or were revoked too.`,
		Example: `  mcp-kernel keys list -o json | jq -r '.[] | select(.status == "active") | .id'`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.keyStore(cmd)
			if err != nil {
				return err
			}
			list, err := s.List()
			if err != nil {
				return err
			}
			lines := make([]keyLine, len(list))
			for i, k := range list {
				lines[i] = lineOfKey(k, time.Now())
			}
			return a.print(lines, func(t *table) {
				t.row("ID", "STATUS", "PRINCIPAL", "CREATED", "EXPIRES", "NOTE")
				for _, line := range lines {
					t.row(line.ID, string(line.Status), line.Principal, line.Created.Format(time.RFC3339), line.expiry(), orDash(line.Note))
				}
			})
		},
	}
}

func (a *app) keysRevoke() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a key for good",
		Long: `Revoke ends a key. Servers that run notice within two seconds, and nobody needs to restart them. It cannot be undone:
make another key instead.`,
		Example: `  mcp-kernel keys revoke 019aab4e-7d3c-7000-8f10-6c1d2e3f4a5b`,
		Args:    arguments(1, 1, "the id of a key"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.keyStore(cmd)
			if err != nil {
				return err
			}
			k, err := s.Revoke(args[0])
			if err != nil {
				return err
			}
			return a.print(lineOfKey(k, time.Now()), func(t *table) {
				t.line("Key %s of %s is revoked. Servers that run notice within two seconds.", k.ID, k.Principal)
			})
		},
	}
}

// keyStore opens the keys of the data directory.
func (a *app) keyStore(cmd *cobra.Command) (*keys.Store, error) {
	c, err := a.configuration(cmd)
	if err != nil {
		return nil, err
	}
	return keys.Open(c.KeysDir(), keys.Options{}), nil
}

// later reads a point in time: itself, or how long from now, which may be in days. Empty is never.
func later(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return now.AddDate(0, 0, int(n)), err
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	return time.Parse(time.RFC3339, text)
}
