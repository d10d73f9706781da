package intent

import "strings"

// A role says what a value is to the tool, as far as the name of its member tells. The zero value is unknown.
type role uint8

const (
	unknown    role = iota
	sqlText         // a statement of SQL
	queryText       // a query in whatever language
	shellText       // a command, or its words
	codeText        // a program
	path            // of a file or folder
	url             // where something is on the network
	recipient       // who gets something
	method          // of HTTP
	prose           // what people read, or a file's contents: not run
	filter          // what selects the things that are meant
	secret          // a password, a token
	grant           // a role, a permission, a policy
	format          // a language, a type, a mode
	attachment      // a file that is sent along
	payload         // data that is sent
)

// of returns the role of a member within something that has a role.
func (r role) of(key string) role {
	if own := roleOf(key); own != unknown {
		if r == prose || r == filter { // the members of a document and of a condition are part of it
			return r
		}
		return own
	}
	return r
}

// roleOf returns the role that a member's name tells: by all of it, or else by its last word.
func roleOf(key string) role {
	var small [32]byte
	n, last := 0, 0
	upper := true
	for i := range len(key) {
		c := key[i]
		switch {
		case 'A' <= c && c <= 'Z':
			if !upper {
				last = n
			}
			upper = true
			c |= 0x20
		case c == '_' || c == '-' || c == ' ' || c == '.' || c == '/':
			last, upper = n, true
			continue
		default:
			upper = false
		}
		if n == len(small) {
			return unknown
		}
		small[n] = c
		n++
	}
	if r := named(string(small[:n])); r != unknown || last == 0 {
		return r
	}
	return named(string(small[last:n]))
}

// named returns the role of a name in small letters without what separates words.
func named(name string) role {
	if r := executable(name); r != unknown {
		return r
	}
	switch name {
	case "path", "paths", "source", "target", "file", "files", "filepath", "filename", "dir", "directory", "folder", "dest", "destination", "src",
		"outfile", "outputpath", "outputfile", "inputfile", "cwd", "workdir", "workingdirectory", "root", "basepath", "pathname":
		return path
	case "url", "urls", "uri", "endpoint", "webhook", "href", "link", "baseurl", "callback", "host", "hostname", "domain", "server", "remote":
		return url
	case "to", "recipient", "recipients", "cc", "bcc", "email", "emails", "channel", "channelid", "audience", "sendto", "phone", "invitee", "attendees":
		return recipient
	case "method", "httpmethod":
		return method
	case "content", "contents", "text", "message", "html", "description", "title", "subject", "comment", "note", "notes", "prompt", "summary",
		"markdown", "document", "reason", "question", "answer", "caption", "newtext", "oldtext", "oldstring", "newstring", "oldstr", "newstr",
		"filetext", "thought", "body", "explanation", "topic", "label", "name", "displayname", "heading", "paragraph", "sentence", "diff", "patch", "pattern", "regex", "glob", "song":
		return prose
	case "filter", "where", "selector", "criteria", "condition", "conditions", "match":
		return filter
	case "password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey", "credentials", "credential":
		return secret
	case "role", "roles", "permission", "permissions", "privilege", "privileges", "scope", "scopes", "access", "accesslevel", "policy",
		"policyarn", "policydocument", "rolearn", "group", "groups", "grant", "acl", "visibility":
		return grant
	case "language", "lang", "format", "mimetype", "contenttype", "encoding", "interpreter", "dialect", "runtime":
		return format
	case "attachment", "attachments", "upload", "media":
		return attachment
	case "data", "payload", "json", "form", "records", "rows", "values", "formdata":
		return payload
	}
	return unknown
}

// executable returns the role of a name for what is run.
func executable(name string) role {
	if strings.HasSuffix(name, "sql") && name != "promql" && name != "nosql" {
		return sqlText
	}
	switch name {
	case "sqlquery", "statement", "statements", "stmt", "sqltext", "querystring":
		return sqlText
	case "query", "q", "queries", "search", "searchterm", "keywords", "cypher", "mql", "promql":
		return queryText
	case "command", "commands", "cmd", "cmdline", "commandline", "shell", "bash", "argv", "args", "arguments", "exec", "shellcommand", "run", "cmds":
		return shellText
	case "code", "sourcecode", "snippet", "script", "program", "expression", "python", "javascript", "js", "lambda", "func", "function", "py", "lua", "vba", "php", "ruby", "groovy", "apex", "jscode", "vbscript":
		return codeText
	}
	return unknown
}

// runs reports whether what has the role may be run.
func (r role) runs() bool { return r >= sqlText && r <= codeText }
