package detect

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// mean gives every token of the sentence its meanings.
func (t *tokens) mean() {
	for i := range t.list {
		k := &t.list[i]
		w := &t.lexicon.words[k.word]
		k.means = k.means.with(w.means)
		t.phrases(i, w.phrases)
		if k.compound {
			t.name(k)
		} else if shout := t.text[k.start:k.end]; strings.IndexByte(shout, '_') > 0 && isUpper(shout[0]) && secretVariable(shout) {
			k.means = k.means.with(t.hoard)
		}
	}
	for i := range t.list {
		k := &t.list[i]
		if len(t.own) > 0 && k.word >= 0 && k.end-k.start > 2 && t.mine(k) {
			k.means = k.means.with(t.param)
		}
		if k.means.meets(t.toolish) && i > 0 {
			t.tool(i)
		}
		k.noise = k.noise || k.means.meets(t.noise)
		k.ordered = k.opens || i == 0 || t.wide || t.list[i-1].means.meets(t.then) || t.list[i-1].means.meets(t.must) || t.list[i-1].noise && i > 1 && t.list[i-2].means.meets(t.then)
		t.union = t.union.with(k.means)
	}
}

// phrases looks for phrases that begin at i. All their words mean what the phrase means at its first, and the rest is noise.
func (t *tokens) phrases(i int, phrases []phrase) {
	for _, p := range phrases {
		if i+len(p.rest) >= len(t.list) {
			continue
		}
		same := true
		for n, id := range p.rest {
			same = same && t.list[i+1+n].word == id
		}
		if same {
			k := &t.list[i]
			k.means = k.means.with(p.means)
			for n := range p.rest {
				t.list[i+1+n].means = t.list[i+1+n].means.with(p.means)
				t.list[i+1+n].noise = n < len(p.rest)
			}
			k.end = t.list[i+len(p.rest)].end
			return
		}
	}
}

// name notes that a compound name which is not one of the definition's own is that of another tool.
func (t *tokens) name(k *token) {
	if !t.mine(k) {
		k.means = k.means.with(bit(meansNamed))
	}
}

// secretVariable reports whether the name of a variable of the environment says that it holds a secret.
func secretVariable(name string) bool {
	for _, end := range [...]string{"_TOKEN", "_KEY", "_SECRET", "_PASSWORD", "_CREDENTIALS"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// mine reports whether a token is a name of the definition itself.
func (t *tokens) mine(k *token) bool {
	return slices.Contains(t.own, t.text[k.start:k.end])
}

// tool notes that "the mail tool" is a tool of somebody else, and "this tool" is not.
func (t *tokens) tool(i int) {
	if t.text[t.list[i].start] >= utf8.RuneSelf {
		if t.list[i-1].means.meets(t.other) {
			t.list[i].means = t.list[i].means.with(bit(meansNamed))
		}
		return
	}
	for n := i - 1; n >= 0 && n >= i-3; n-- {
		k := &t.list[n]
		if k.means.meets(t.noise) {
			continue
		}
		switch t.text[k.start:k.end] {
		case "this", "This", "these", "that", "using", "use", "call", "calling", "Use", "THIS":
			return
		}
		t.list[i].means = t.list[i].means.with(bit(meansNamed))
		return
	}
}

// sensitive reports whether a path is that of a file which holds secrets of its user.
func sensitive(run string) bool {
	if strings.IndexByte(run, '.') < 0 && strings.IndexByte(run, '_') < 0 && strings.IndexByte(run, '/') < 0 {
		return false
	}
	var room [96]byte
	low := view(lowerWord(room[:0], run))
	for _, s := range [...]string{
		".ssh", "id_rsa", "id_ed25519", "id_ecdsa", ".aws", "/etc/passwd", "/etc/shadow", "mcp.json", ".cursor/", ".netrc", ".npmrc", ".pypirc", ".git-credentials", ".kube", ".bash_history",
		".zsh_history", ".gnupg", "keychain", "wallet.dat", "credentials.json", "claude_desktop_config", ".docker/config", "cookies.sqlite", "gcloud/", "application_default_credentials",
		"/proc/self/environ", ".git/config", ".config/gh", "passwords.", "password.txt", "secrets.", "/secrets", "credentials.", "private_key", "privkey", "/wallet", "id_dsa", "logins.", "authorized_keys", "known_hosts", "logins.json", "secrets.y", ".vault-token", "token.json", ".pgpass", ".my.cnf", "kubeconfig", ".password-store", "/dev/tcp",
	} {
		if strings.Contains(low, s) {
			return true
		}
	}
	return low == ".env" || strings.HasPrefix(low, ".env.") && low != ".env.example" || strings.HasSuffix(low, "/.env") || strings.HasSuffix(low, ".pem")
}
