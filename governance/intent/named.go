package intent

import (
	"strconv"
	"strings"
)

// named judges what the tool's name and the shape of its arguments say together.
func (a *analysis) named() {
	t := &a.tool
	if t.is(deletes) && !t.is(analyses) {
		a.deletion()
	}
	if t.is(grants|writes|sends|operates|executes) || t.is(onNetwork) && a.first(method) >= 0 || t.is(onAccess) && !t.is(reads|analyses) {
		a.rights()
	}
	switch {
	case t.is(analyses) && !t.is(deletes|grants|sends|executes|operates|fetches):
		a.examination()
	case t.is(operates) && t.is(onInfra) && !t.is(reads):
		a.add(SystemModification, 0.82, "name_operates", 0, 0)
	case t.is(grants) && !t.is(reads) && (hasWord(t, "grant", "sudo", "impersonate", "elevate") || t.is(onAccess) || hasWord(t, "user", "member", "account")):
		a.add(PrivilegeEscalation, 0.8, "name_grants", 0, 0)
	case a.hints.ReadOnly && !a.hints.OpenWorld && t.is(reads) && !t.is(writes|deletes|executes|sends|onShell|onCode):
		a.add(DataRead, 0.4, "name_reads", 0, 0)
	}
}

// examination judges a tool that looks at what it is given, by what that is.
func (a *analysis) examination() {
	given := false
	for i := range a.fields {
		f := &a.fields[i]
		switch {
		case f.kind != text:
		case f.role == path && a.tool.concepts&reaching != 0 || hasWord(&a.tool, "port", "ports", "network", "subnet"):
			a.add(NetworkAccess, 0.66, "name_probes", 0, 0)
			return
		case f.role == path && a.tool.concepts&(exposing|losing|changing) != 0:
			return
		case f.role == path && strings.ContainsAny(f.text, "/."):
			a.add(DataRead, 0.7, "name_examines", 0, 0)
			return
		case f.role == url:
			return
		default:
			given = given || f.role.runs() || f.role == prose
		}
	}
	if given {
		a.add(Benign, 0.8, "name_examines", 0, 0)
	}
}

// deletion judges a tool that deletes by what it deletes.
func (a *analysis) deletion() {
	t := &a.tool
	i := a.allThings()
	cache := hasWord(t, "cache", "caches", "draft", "drafts", "temp", "tmp", "clipboard", "cookies", "selection", "filter", "filters", "form", "screen", "notification", "notifications", "duplicates")
	switch {
	case i >= 0 && !cache:
		a.current = int32(i)
		a.add(DestructiveData, 0.9, "deletes_all", 0, len(a.fields[i].text))
	case cache:
		a.add(DataWrite, 0.72, "name_deletes_little", 0, 0)
	case t.is(onLittle) && !t.is(everything):
		a.add(DataWrite, 0.8, "name_deletes_little", 0, 0)
	case t.is(onMuch) && t.is(everything) || t.is(onMuch) && a.set("force", "cascade", "recursive", "permanent", "permanently"):
		a.add(DestructiveData, 0.9, "name_deletes_much", 0, 0)
	case t.is(onMuch):
		a.add(DestructiveData, 0.84, "name_deletes_much", 0, 0)
	case t.is(everything) && t.concepts&(ofGuards|ofMachines|ofSettings) != 0:
		a.add(SystemModification, 0.6, "name_deletes_guard", 0, 0)
	case t.is(everything) && !t.is(onFiles) && !hasWord(t, "format"):
		a.add(DestructiveData, 0.6, "name_deletes_much", 0, 0)
	}
	a.current = -1
}

// allThings returns the index of an argument that says that all things are meant, -1 when there is none.
func (a *analysis) allThings() int {
	for i := range a.fields {
		f := &a.fields[i]
		switch {
		case f.kind == empty && (f.role == filter || f.role == queryText || f.key == "query"):
			return i
		case f.kind == yes && (strings.EqualFold(f.key, "all") || strings.EqualFold(f.key, "delete_all") || strings.EqualFold(f.key, "everything") || strings.EqualFold(f.key, "deleteAll")):
			return i
		case f.kind == text && (f.text == "*" || f.text == "**" || f.text == "all" && f.role != format || f.text == "_all"):
			return i
		}
	}
	return -1
}

// rights judges arguments that give somebody more rights.
func (a *analysis) rights() {
	for i := range a.fields {
		f := &a.fields[i]
		key := strings.ToLower(f.key)
		switch {
		case f.kind == yes && (strings.HasPrefix(key, "is_admin") || key == "admin" || key == "isadmin" || key == "superuser" || key == "is_superuser" || key == "site_admin" || key == "sudo" || key == "privileged"):
			a.current = int32(i)
			a.add(PrivilegeEscalation, 0.9, "argument_admin", 0, 0)
		case f.kind != text:
		case key == "mode" && a.tool.is(onAccess|onFiles) && opens(f.text):
			a.current = int32(i)
			a.add(PrivilegeEscalation, 0.93, "argument_mode", 0, len(f.text))
		case f.role == grant && rules(f.text), strings.Contains(f.text, `"Action":"*"`), strings.Contains(f.text, `"Action": "*"`):
			a.current = int32(i)
			a.add(PrivilegeEscalation, 0.9, "argument_rules", 0, len(f.text))
		case f.role == grant && public(f.text) && !a.tool.is(reads) && (a.tool.is(onMuch|onFiles|onAccess) || hasWord(&a.tool, "share", "document", "doc", "object", "drive")):
			a.current = int32(i)
			a.add(DataExfiltration, 0.84, "makes_public", 0, len(f.text))
		case key == "action" && f.text == "*" && f.role == grant:
			a.current = int32(i)
			a.add(PrivilegeEscalation, 0.9, "argument_rules", 0, 1)
		}
	}
	a.current = -1
}

// opens reports whether an octal mode lets everybody write, or a program run as its owner.
func opens(mode string) bool {
	bits, err := strconv.ParseUint(strings.TrimPrefix(mode, "0o"), 8, 16)
	return err == nil && len(mode) >= 3 && bits&0o6002 != 0
}

// rules reports whether a role is one that may do everything.
func rules(name string) bool {
	small := strings.ToLower(name[:min(len(name), 128)])
	switch small {
	case "admin", "administrator", "owner", "superuser", "root", "superadmin", "super_admin", "cluster-admin", "global_admin", "sysadmin", "org:admin", "wheel", "sudo", "billing_admin", "org_owner", "roles/owner", "roles/editor", "system:masters", "workspace_admin", "org_admin", "maintainer_admin", "domain admins":
		return true
	}
	return strings.Contains(small, "administratoraccess") || strings.Contains(small, "fulladmin") || strings.HasSuffix(small, "/admin") || strings.HasSuffix(small, ".admin") || strings.Contains(small, "poweruseraccess") || strings.Contains(small, "iamfullaccess")
}

// public reports whether something is to be seen by anybody.
func public(name string) bool {
	switch strings.ToLower(name) {
	case "public", "anyone", "public-read", "public-read-write", "anyone_with_link", "anyonewithlink", "everyone", "allusers", "world":
		return true
	}
	return false
}
