package intent

import "strings"

// files judges programs that remove and overwrite files, and reports whether it knows the program.
func (c *command) files() bool {
	switch c.name {
	case "rm", "unlink", "trash", "srm":
		c.removes()
	case "find", "fd":
		c.finds()
	case "shred", "wipefs", "wipe", "blkdiscard", "sdelete", "cipher", "diskutil", "zfs", "zpool", "lvremove", "vgremove":
		c.overwrites()
	case "dd":
		c.copiesBlocks()
	case "truncate":
		c.says(DestructiveData, 0.8, "truncates_file")
	case "cp", "mv", "ln", "tee", "install", "rsync", "scp":
		return c.copies()
	case "sed", "perl":
		if c.flag('i', "--in-place") {
			c.edits()
			return true
		}
		return false
	case "git":
		c.git()
	default:
		if strings.HasPrefix(c.name, "mkfs") || c.name == "mke2fs" || c.name == "mkswap" {
			c.says(DestructiveData, 0.97, "makes_file_system")
			return true
		}
		return false
	}
	return true
}

// removes judges rm by what it removes.
func (c *command) removes() {
	tree := c.flag('r', "--recursive") || c.flag('R', "--recursive")
	worst, worstConfidence, rule := DataWrite, 0.82, "removes_file"
	if tree && c.operand(0) == "" { // it is given them by another program
		worst, worstConfidence, rule = DestructiveData, 0.86, "removes_unknown_tree"
	}
	for i := 1; i < len(c.words); i++ {
		w := c.words[i]
		if strings.HasPrefix(w.text, "-") {
			continue
		}
		category, confidence, name := removal(w.text, tree)
		if w.unknown && tree && category == DataWrite {
			category, confidence, name = DestructiveData, 0.82, "removes_unknown_tree"
		}
		if category < worst || category == worst && confidence > worstConfidence {
			worst, worstConfidence, rule = category, confidence, name
		}
	}
	c.says(worst, worstConfidence, rule)
}

// removal judges the removal of a path.
func removal(target string, tree bool) (Category, float64, string) {
	whole := strings.TrimRight(target, "/*.") == "" || target == "*" || target == "~" || target == "~/" || target == "$HOME" || target == "~/*"
	switch place := placeOf(target); {
	case whole && tree, place == vital && tree:
		return DestructiveData, 0.98, "removes_everything"
	case place == logs:
		return SystemModification, 0.9, "removes_logs"
	case place == vital, place == boot, place == login:
		return SystemModification, 0.88, "removes_system_file"
	case place == scratch, made(target):
		return DataWrite, 0.86, "removes_what_can_be_made_again"
	case tree:
		return DestructiveData, 0.9, "removes_tree"
	case strings.HasPrefix(baseName(target), "*"):
		if baseName(target) == "*" || baseName(target) == "*.*" {
			return DestructiveData, 0.86, "removes_all_files"
		}
		return DataWrite, 0.7, "removes_files"
	case place == database:
		return DestructiveData, 0.88, "removes_database"
	default:
		return DataWrite, 0.82, "removes_file"
	}
}

// finds judges find, which may delete what it finds, or run something with it.
func (c *command) finds() {
	deletes, narrow := c.has("-delete"), false
	for i := 1; i < len(c.words); i++ {
		switch w := c.words[i].text; w {
		case "-exec", "-execdir", "-ok", "-x", "--exec", "-okdir":
			inner := program(c.text(i + 1))
			if inner == "rm" || inner == "shred" || inner == "unlink" {
				deletes = true
				break
			}
			sub := command{analysis: c.analysis, script: c.script, simple: &simple{from: -1}, words: c.words[min(i+1, len(c.words)):]}
			if sub.unwrap(); len(sub.words) > 0 && sub.name != "find" {
				sub.judge()
			}
			return
		case "-name", "-iname", "-path":
			narrow = narrow || made(c.text(i+1)) || placeOf(c.text(i+1)) == scratch
		}
	}
	root := c.operand(0)
	switch {
	case !deletes:
		c.says(DataRead, 0.88, "command_data_read")
	case narrow || placeOf(root) == scratch || made(root):
		c.says(DataWrite, 0.75, "removes_what_can_be_made_again")
	case placeOf(root) == logs:
		c.says(SystemModification, 0.82, "removes_logs")
	default:
		c.says(DestructiveData, 0.88, "deletes_what_is_found")
	}
}

// overwrites judges programs that leave nothing to be had back.
func (c *command) overwrites() {
	if c.name == "diskutil" && !c.has("eraseDisk", "eraseVolume", "zeroDisk", "secureErase", "partitionDisk") {
		c.says(DataRead, 0.8, "command_data_read")
		return
	}
	if strings.HasPrefix(c.name, "z") && !c.has("destroy", "rollback", "labelclear") {
		c.says(DataRead, 0.7, "command_data_read")
		return
	}
	c.says(DestructiveData, 0.94, "overwrites")
}

func (c *command) copiesBlocks() {
	for i := 1; i < len(c.words); i++ {
		if to, ok := strings.CutPrefix(c.words[i].text, "of="); ok {
			if strings.HasPrefix(to, "/dev/") && to != "/dev/null" {
				c.says(DestructiveData, 0.97, "overwrites_disk")
				return
			}
			c.writesTo(to)
		}
	}
}

// copies judges programs whose last word is written, and reports whether all was in this machine.
func (c *command) copies() bool {
	to, n := "", 0
	for i := 1; i < len(c.words); i++ {
		if w := c.words[i].text; !strings.HasPrefix(w, "-") {
			to = w
			n++
			if c.name == "tee" {
				c.writesTo(w)
			}
		}
	}
	if c.name == "scp" || c.name == "rsync" {
		return c.carries(to)
	}
	if from := c.operand(0); n > 1 && (from == "/dev/null" || from == "/dev/zero") {
		c.says(DestructiveData, 0.84, "overwrites_file")
		return true
	}
	switch {
	case c.name == "tee" || n == 0:
	case c.name == "mv" && to == "/dev/null":
		c.says(DestructiveData, 0.9, "moves_to_nothing")
	default:
		c.writesTo(to)
	}
	if from := c.operand(0); n > 1 && c.secretPath(from) >= 0.8 && c.name != "mv" {
		c.says(DataExfiltration, 0.7, "copies_secret")
	}
	return true
}

// edits judges a program that changes files in their place.
func (c *command) edits() {
	for i := 2; i < len(c.words); i++ {
		if w := c.words[i].text; strings.HasPrefix(w, "/") && strings.Count(w, "/") > 1 || i == len(c.words)-1 {
			c.writesTo(w)
			return
		}
	}
	c.says(DataWrite, 0.7, "command_data_write")
}

// git judges git by its subcommand.
func (c *command) git() {
	sub := c.operand(0)
	for i := 1; i+2 < len(c.words) && (c.words[i].text == "-C" || c.words[i].text == "-c"); i += 2 {
		sub = c.words[i+2].text
	}
	force := c.flag('f', "--force") || c.has("--force-with-lease", "--mirror", "--delete")
	switch sub {
	case "status", "log", "diff", "show", "blame", "describe", "ls-files", "rev-parse", "shortlog", "grep", "reflog", "cat-file", "whatchanged", "branch", "tag", "remote", "config", "stash", "worktree":
		c.gitLooks(sub)
	case "fetch", "pull", "clone", "ls-remote", "submodule":
		c.says(NetworkAccess, 0.66, "git_network")
	case "push":
		if c.elsewhere() {
			c.says(DataExfiltration, 0.78, "git_pushes_elsewhere")
			return
		}
		if force || strings.Contains(c.words[len(c.words)-1].text, "+") {
			c.says(DestructiveData, 0.78, "git_loses_history")
			return
		}
		c.says(DataWrite, 0.66, "git_writes")
	case "clean":
		c.says(DestructiveData, 0.72, "git_loses_changes")
	case "reset", "checkout", "restore":
		if c.has("--hard", ".", "--") && sub != "checkout" || sub == "checkout" && c.has(".") || c.has("--hard") {
			c.says(DestructiveData, 0.62, "git_loses_changes")
			return
		}
		c.says(DataWrite, 0.75, "git_writes")
	case "filter-branch", "filter-repo", "update-ref", "gc", "reflog-expire":
		c.says(DestructiveData, 0.8, "git_loses_history")
	default:
		c.says(DataWrite, 0.78, "git_writes")
	}
}

// elsewhere reports whether a push goes to an address that it names itself, or that the same text has just added.
func (c *command) elsewhere() bool {
	to := c.operand(1)
	if strings.Contains(to, "://") || strings.Contains(to, "@") {
		return true
	}
	for i := range c.script.commands {
		w := c.script.commands[i].words
		if len(w) > 4 && w[0].text == "git" && w[1].text == "remote" && w[2].text == "add" && w[3].text == to {
			return true
		}
	}
	return false
}

// gitLooks judges subcommands that mostly look.
func (c *command) gitLooks(sub string) {
	switch {
	case sub == "stash" && c.has("drop", "clear"), sub == "reflog" && c.has("expire", "delete"):
		c.says(DestructiveData, 0.7, "git_loses_changes")
	case sub == "branch" && (c.flag('d', "--delete") || c.flag('D', "")):
		c.says(DataWrite, 0.7, "git_writes")
	case sub == "config" && (c.flag(0, "--global") || c.flag(0, "--system")) && len(c.words) > 4:
		c.says(SystemModification, 0.74, "changes_settings")
	case sub == "config" && len(c.words) > 3, sub == "stash", sub == "remote" && c.has("add", "remove", "set-url"), sub == "worktree", sub == "tag" && len(c.words) > 2 && !c.flag('l', "--list"), sub == "branch" && c.operand(1) != "":
		c.says(DataWrite, 0.72, "git_writes")
	default:
		c.says(DataRead, 0.88, "git_reads")
	}
}
