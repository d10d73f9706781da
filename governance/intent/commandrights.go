package intent

import (
	"strconv"
	"strings"
)

// rights judges programs that change who may do what, and reports whether it knows the program.
func (c *command) rights() bool {
	switch c.name {
	case "su", "runuser":
		c.says(PrivilegeEscalation, 0.85, "becomes_another")
	case "chmod":
		c.mode()
	case "chown", "chgrp":
		c.owner()
	case "usermod", "gpasswd", "useradd", "adduser":
		c.account()
	case "passwd", "chpasswd":
		c.says(PrivilegeEscalation, 0.82, "sets_password")
	case "visudo":
		c.says(PrivilegeEscalation, 0.9, "edits_sudoers")
	case "dseditgroup":
		c.says(PrivilegeEscalation, 0.8, "makes_member")
	case "setcap", "setfacl", "capsh":
		c.says(PrivilegeEscalation, 0.87, "gives_capability")
	case "nsenter", "unshare", "chroot":
		c.says(PrivilegeEscalation, 0.82, "enters_namespace")
	case "ssh-copy-id":
		c.says(PrivilegeEscalation, 0.8, "lets_key_in")
	case "kill", "pkill", "killall":
		c.ends()
	case "ssh-keygen":
		c.says(DataWrite, 0.7, "makes_key")
	default:
		return false
	}
	return true
}

// ends judges programs that end others: with a signal that cannot be caught, or by asking.
func (c *command) ends() {
	if c.has("-9", "-KILL", "-SIGKILL", "-s") || c.operand(0) == "1" {
		c.says(SystemModification, 0.86, "kills")
		return
	}
	c.says(SystemModification, 0.6, "ends_process")
}

// mode judges chmod.
func (c *command) mode() {
	m := ""
	for i := 1; i < len(c.words) && m == ""; i++ {
		w := c.words[i].text
		if !strings.HasPrefix(w, "-") || strings.Trim(w[1:], "rwxXst") == "" && !strings.Contains(w, "R") {
			m = w
		}
	}
	to := c.words[len(c.words)-1].text
	switch bits, err := strconv.ParseUint(m, 8, 16); {
	case err == nil && bits&0o6000 != 0, err != nil && strings.Contains(m, "s") && strings.ContainsAny(m, "+="):
		c.says(PrivilegeEscalation, 0.96, "sets_uid")
	case err == nil && bits&0o002 != 0, err != nil && worldWrites(m):
		c.says(PrivilegeEscalation, 0.87, "everybody_writes")
	case placeOf(to) == vital, placeOf(to) == login, placeOf(to) == boot:
		c.says(SystemModification, 0.85, "changes_system_mode")
	default:
		c.says(DataWrite, 0.78, "changes_mode")
	}
}

// worldWrites reports whether a symbolic mode lets everybody write.
func worldWrites(mode string) bool {
	for clause := range strings.SplitSeq(mode, ",") {
		n := strings.IndexAny(clause, "+=")
		if n >= 0 && strings.Contains(clause[n:], "w") && (strings.ContainsAny(clause[:n], "oa") || n == 0 && strings.Contains(clause, "rwx")) {
			return true
		}
	}
	return false
}

func (c *command) owner() {
	who := c.operand(0)
	to := c.words[len(c.words)-1].text
	switch p := placeOf(to); {
	case p == login, p == vital && c.flag('R', "--recursive"):
		c.says(PrivilegeEscalation, 0.85, "takes_system_files")
	case p == vital, p == boot:
		c.says(SystemModification, 0.82, "changes_system_owner")
	case strings.HasPrefix(who, "root"):
		c.says(PrivilegeEscalation, 0.6, "gives_to_root")
	default:
		c.says(SystemModification, 0.5, "changes_owner")
	}
}

// account judges programs that make somebody a member, or somebody at all.
func (c *command) account() {
	for i := 1; i < len(c.words); i++ {
		for group := range strings.SplitSeq(c.words[i].text, ",") {
			switch group {
			case "sudo", "wheel", "root", "docker", "admin", "adm", "lxd", "shadow", "disk":
				if i > 1 {
					c.says(PrivilegeEscalation, 0.95, "makes_administrator")
					return
				}
			}
		}
		if c.words[i].text == "0" && (c.text(i-1) == "-u" || c.text(i-1) == "--uid") {
			c.says(PrivilegeEscalation, 0.95, "makes_administrator")
			return
		}
	}
	c.says(SystemModification, 0.84, "changes_accounts")
}
