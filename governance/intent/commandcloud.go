package intent

import "strings"

// cloud judges the command lines of cloud providers, which are all verbs and nouns.
func (c *command) cloud() {
	if c.name == "gh" {
		c.forge()
		return
	}
	all := strings.ToLower(strings.Join(texts(c.words), " "))
	verbs := all
	if c.name != "gsutil" && c.name != "azcopy" {
		_, verbs, _ = strings.Cut(all, " ")
	}
	for _, r := range cloudRules() {
		if r.in(verbs) {
			c.says(r.category, r.confidence, r.name)
			return
		}
	}
	c.says(NetworkAccess, 0.45, "calls_cloud")
}

// betweenBuckets says that a rule is for what is copied from one bucket to another.
const betweenBuckets = "*"

// forges reports whether a gist is public, or has a secret in it.
func (c *command) forges() bool {
	if c.flag('p', "--public") {
		return true
	}
	for i := 3; i < len(c.words); i++ {
		if c.secretPath(c.words[i].text) > 0 {
			return true
		}
	}
	return false
}

// A cloudRule is for command lines that have one of several parts, separated by bars, and one of others.
type cloudRule struct {
	parts, with string
	category    Category
	confidence  float64
	name        string
}

func (r *cloudRule) in(text string) bool {
	if r.with == betweenBuckets {
		return hasPart(text, r.parts) && strings.Count(text, "://") == 2
	}
	return hasPart(text, r.parts) && (r.with == "" || hasPart(text, r.with))
}

// hasPart reports whether a text has one of several parts.
func hasPart(text, parts string) bool {
	for part := range strings.SplitSeq(parts, "|") {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// cloudRules are the rules, the first that fits counts.
func cloudRules() [19]cloudRule {
	return [...]cloudRule{
		{"deactivate-mfa-device|delete-virtual-mfa|service-accounts keys create|create-access-key|ad group member add|ad app credential reset|create-login-profile|iam passrole|access add", "", PrivilegeEscalation, 0.9, "grants_in_cloud"},
		{"iam |role assignment|add-iam-policy-binding|set-iam-policy|organizations add", "attach-|put-|create-access-key|add-|create-policy|create-login|assignment create|set-iam|update-assume|admin", PrivilegeEscalation, 0.91, "grants_in_cloud"},
		{"sts assume-role|print-access-token|get-session-token", "", PrivilegeEscalation, 0.78, "takes_role"},
		{"put-bucket-acl|put-object-acl|put-bucket-policy|acl ch|allusers|public-read|make-public", "", DataExfiltration, 0.85, "makes_public"},
		{"get-secret-value|secrets versions access|keyvault secret show|get-parameter --with-decryption|with-decryption|config:get", "", DataExfiltration, 0.72, "reads_secret"},
		{" rm |s3 rm|s3 rb| rb |delete-bucket|delete-objects", "--recursive|--force|s3 rb| rb |delete-bucket|-r |delete-objects|-m ", DestructiveData, 0.93, "deletes_in_cloud"},
		{"delete-db|delete-table|delete-cluster|delete-stack|terminate-instances|delete-volume|delete-snapshot|group delete|sql instances delete|projects delete|deregister|delete-file-system|apps:destroy|pg:reset|delete-log-group|schedule-key-deletion", "", DestructiveData, 0.92, "deletes_in_cloud"},
		{" presign|signurl|generate-sas", "", DataExfiltration, 0.76, "shares_by_address"},
		{"stop-logging|delete-trail|disable-alarm|delete-flow-logs|disable-security", "", SystemModification, 0.9, "disables_guard"},
		{" delete| destroy", "", DestructiveData, 0.84, "deletes_in_cloud"},
		{"share-snapshot|delete-public-access-block|modify-snapshot-attribute|modify-db-snapshot-attribute|modify-image-attribute", "", DataExfiltration, 0.88, "shares_snapshot"},
		{"sync s3://|cp s3://|mv s3://|cp gs://|rsync gs://", betweenBuckets, DataExfiltration, 0.7, "copies_between_buckets"},
		{"s3 ls|describe-|list|get-|show|status|head-|logs|tail|info|whoami|get-caller-identity| ls", "", DataRead, 0.82, "reads_cloud"},
		{"s3 cp s3://|s3 sync s3://|cp gs://", "", NetworkAccess, 0.6, "transfer"},
		{"s3 cp|s3 sync|s3 mv| cp | rsync | put-object|storage blob upload", "dump|backup|.sql|customer|/etc|/home|users|export|.env|.ssh", DataExfiltration, 0.84, "uploads_bulk"},
		{"gsutil|storage|rsync|azcopy|-m ", "cp -r /|cp /|rsync /|copy /| -r /", DataExfiltration, 0.7, "uploads_tree"},
		{"s3 cp|s3 sync|s3 mv| cp |put-object|upload", "", NetworkAccess, 0.55, "uploads_to_cloud"},
		{"ssm send-command|run-command|lambda invoke|compute ssh|ssm start-session|exec", "", CodeExecution, 0.75, "runs_in_cloud"},
		{"start|stop|reboot|create|run-instances|update|modify|deploy|scale|resize|authorize-security-group|set |enable|disable|restart|config|ps:", "", SystemModification, 0.83, "changes_cloud"},
	}
}

// forge judges gh.
func (c *command) forge() {
	all := strings.ToLower(strings.Join(texts(c.words), " "))
	switch verb := c.operand(1); {
	case verb == "edit" && strings.Contains(all, "visibility public"), c.operand(0) == "gist" && verb == "create" && c.forges():
		c.says(DataExfiltration, 0.86, "makes_public")
	case c.operand(0) == "api" && (strings.Contains(all, "/protection") && c.has("DELETE", "PUT", "PATCH") || strings.Contains(all, "permission=admin")), c.operand(0) == "auth" && strings.Contains(all, "admin:"):
		c.says(PrivilegeEscalation, 0.88, "grants_in_forge")
	case verb == "delete" && c.operand(0) == "repo":
		c.says(DestructiveData, 0.93, "deletes_repository")
	case c.operand(0) == "secret", c.operand(0) == "api" && c.has("DELETE"):
		c.says(SystemModification, 0.6, "changes_repository")
	case verb == "list" || verb == "view" || verb == "status" || verb == "diff" || verb == "checks" || c.operand(0) == "search":
		c.says(DataRead, 0.85, "command_data_read")
	default:
		c.says(DataWrite, 0.7, "command_data_write")
	}
}
