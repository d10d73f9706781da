package intent

import "strings"

// keepers judges programs that keep secrets, and reports whether it knows the program.
func (c *command) keepers() bool {
	switch c.name {
	case "vault", "bao":
		c.vault()
	case "op", "bw", "lpass", "gopass", "pass", "secret-tool", "keyring", "doppler", "chamber", "sops", "infisical":
		c.keeper()
	case "security":
		if !hasPart(c.operand(0), "find-|dump-|export") {
			return false
		}
		c.says(DataExfiltration, 0.8, "reads_secret")
	case "gpg", "gpg2":
		if !c.flag(0, "--export-secret-keys") && !c.flag(0, "--export-secret-subkeys") {
			return false
		}
		c.says(DataExfiltration, 0.84, "reads_secret")
	default:
		return false
	}
	return true
}

// vault judges a server of secrets.
func (c *command) vault() {
	verb := c.operand(1)
	switch sub := c.operand(0); {
	case sub == "policy" && (verb == "write" || verb == "delete"), sub == "token" && verb == "create", sub == "write" && strings.HasPrefix(verb, "auth/"):
		c.says(PrivilegeEscalation, 0.86, "grants_in_vault")
	case verb == "destroy" || verb == "delete" && sub == "kv", sub == "secrets" && verb == "disable", sub == "delete":
		c.says(DestructiveData, 0.84, "deletes_secret")
	case sub == "read", verb == "get" && sub == "kv":
		c.says(DataExfiltration, 0.76, "reads_secret")
	case sub == "list", sub == "status", verb == "list", verb == "lookup":
		c.says(DataRead, 0.82, "command_data_read")
	case sub == "kv", sub == "write":
		c.says(DataWrite, 0.74, "command_data_write")
	case sub == "operator", sub == "audit", sub == "auth", sub == "secrets":
		c.says(SystemModification, 0.8, "changes_vault")
	}
}

// keeper judges a store of passwords.
func (c *command) keeper() {
	switch {
	case c.has("delete", "rm", "remove", "purge"):
		c.says(DestructiveData, 0.7, "deletes_secret")
	case c.has("list", "ls", "status", "search", "find"):
		c.says(DataRead, 0.74, "command_data_read")
	case c.has("create", "insert", "edit", "set", "generate", "add", "encrypt", "-e", "store"):
		c.says(DataWrite, 0.7, "command_data_write")
	default:
		c.says(DataExfiltration, 0.76, "reads_secret")
	}
}

// tells judges a program that is not known by what its first words say: most have the same verbs.
func (c *command) tells() {
	var t tool
	for i := 1; i < len(c.words) && i < 6; i++ {
		w := c.words[i].text
		if len(w) < 32 && strings.IndexByte(w, '/') < 0 && strings.IndexByte(w, '=') < 0 && (i < 4 || strings.HasPrefix(w, "--")) {
			t.read(w)
		}
	}
	switch {
	case t.concepts&losing != 0 && t.traits&analyses == 0 && !hasWord(&t, "clear", "void", "hard"):
		c.says(DestructiveData, 0.66, "program_deletes")
	case t.concepts&(steering|ruling|exposing|changing|running) != 0: // the model decides
	case t.traits&reads != 0:
		c.says(DataRead, 0.6, "program_reads")
	}
}

// framework judges the tools of web frameworks, which are scripts with verbs, and reports whether it is one.
func (c *command) framework() bool {
	for i := 0; i < len(c.words) && i < 3; i++ {
		switch baseName(c.words[i].text) {
		case "artisan", "manage.py", "rails", "rake", "prisma", "alembic", "flyway", "liquibase", "knex", "sequelize", "typeorm", "mix", "drush", "wp", "doctrine":
			if hasPart(strings.ToLower(strings.Join(texts(c.words[i+1:]), " ")), "db:drop|db:reset|migrate:fresh|migrate:reset|db:wipe|flush|migrate reset|downgrade base|drop-all|db:migrate:undo:all|ecto.drop|ecto.reset|sql-drop|db reset|schema:drop|--force-reset") {
				c.says(DestructiveData, 0.9, "resets_database")
				return true
			}
			return false
		}
	}
	return false
}
