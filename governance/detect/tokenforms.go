package detect

import (
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// proof is what is known about a token's form beyond its alphabet and length.
type proof uint8

const (
	proofNone      proof = iota
	proofCRC             // the last six characters are the base62 of the CRC-32 of the 30 before them
	proofRandom          // the prefix is so short that what follows must look random
	proofAzure           // stands behind three characters
	proofTelegram        // digits stand before it
	proofURL             // the prefix is a part of a URL
	proofJWT             // three parts, of which the first is a header
	proofDiscord         // three parts, of which the first is the base64 of a number
	proofMailchimp       // follows 32 hexadecimal digits
	proofAge             // Bech32, whose checksum is verified
)

// A tokenForm is the published form of a credential: what it begins with and what follows.
type tokenForm struct {
	rule     string
	prefix   string
	set      charset
	least    int // characters behind the prefix
	most     int // of them; 0 for as many as there are
	proof    proof
	severity match.Severity
}

// tokenForms returns the forms. Sources: the services' documentation of their credentials, and of GitHub and npm the
// announcements of checksums in tokens (github.blog, "Behind GitHub's new authentication token formats", 2021). Where two
// forms begin alike, the more special one comes first.
func tokenForms() []tokenForm {
	return slices.Concat(codeForms(), cloudForms(), modelForms(), messageForms())
}

const critical, high, medium = match.Critical, match.High, match.Medium

// codeForms are those of services that keep code, packages and documents.
func codeForms() []tokenForm {
	return []tokenForm{
		{"github_token", "ghp_", wordSet, 36, 255, proofCRC, critical},
		{"github_token", "gho_", wordSet, 36, 255, proofCRC, critical},
		{"github_token", "ghu_", wordSet, 36, 255, proofCRC, critical},
		{"github_token", "ghs_", dottedSet, 36, 1024, proofCRC, critical},
		{"github_token", "ghr_", wordSet, 36, 255, proofCRC, critical},
		{"github_token", "github_pat_", wordSet, 60, 255, proofNone, critical},
		{"npm_token", "npm_", alnumSet, 36, 36, proofCRC, critical},
		{"gitlab_token", "glpat-", dottedSet, 20, 300, proofNone, critical},
		{"gitlab_token", "gldt-", dottedSet, 20, 64, proofNone, critical},
		{"gitlab_token", "glrt-", dottedSet, 20, 64, proofNone, critical},
		{"gitlab_token", "glptt-", dottedSet, 20, 64, proofNone, critical},
		{"gitlab_token", "glcbt-", dottedSet, 20, 64, proofNone, high},
		{"gitlab_token", "glsoat-", dottedSet, 20, 64, proofNone, critical},
		{"gitlab_token", "glft-", dottedSet, 20, 64, proofNone, high},
		{"gitlab_token", "glagent-", dottedSet, 40, 64, proofNone, critical},
		{"bitbucket_token", "ATBB", alnumSet, 28, 40, proofRandom, critical},
		{"atlassian_token", "ATATT3", base64URLSet, 60, 300, proofNone, critical},
		{"pypi_token", "pypi-", urlSet, 50, 400, proofRandom, critical},
		{"rubygems_token", "rubygems_", hexLowerSet, 48, 48, proofNone, critical},
		{"crates_token", "cio", alnumSet, 32, 32, proofRandom, critical},
		{"nuget_key", "oy2", lowerSet, 43, 43, proofRandom, critical},
		{"docker_token", "dckr_pat_", urlSet, 20, 64, proofNone, critical},
		{"docker_token", "dckr_oat_", urlSet, 20, 64, proofNone, critical},
		{"linear_key", "lin_api_", alnumSet, 40, 48, proofNone, critical},
		{"notion_token", "ntn_", alnumSet, 40, 50, proofRandom, critical},
		{"notion_token", "secret_", alnumSet, 43, 43, proofRandom, high},
		{"figma_token", "figd_", urlSet, 36, 60, proofNone, high},
		{"postman_key", "PMAK-", urlSet, 59, 59, proofNone, high},
		{"newrelic_key", "NRAK-", upperSet, 27, 27, proofNone, high},
		{"grafana_token", "glsa_", wordSet, 40, 41, proofNone, critical},
		{"grafana_token", "glc_ey", base64Set, 30, 400, proofNone, critical},
		{"sentry_token", "sntrys_ey", base64URLSet, 40, 400, proofNone, high},
		{"sentry_token", "sntryu_", hexLowerSet, 64, 64, proofNone, high},
		{"dropbox_token", "sl.", urlSet, 130, 1300, proofRandom, critical},
		{"adafruit_key", "aio_", alnumSet, 28, 28, proofRandom, high},
		{"airtable_token", "pat", dottedSet, 79, 79, proofRandom, critical},
		{"buildkite_token", "bkua_", hexLowerSet, 40, 40, proofNone, critical},
		{"sonar_token", "sqp_", hexLowerSet, 40, 40, proofNone, high},
		{"sonar_token", "squ_", hexLowerSet, 40, 40, proofNone, high},
		{"sonar_token", "sqa_", hexLowerSet, 40, 40, proofNone, high},
		{"contentful_token", "CFPAT-", urlSet, 43, 43, proofNone, high},
		{"prefect_key", "pnu_", alnumSet, 36, 36, proofRandom, high},
		{"sourcegraph_token", "sgp_", wordSet, 40, 64, proofRandom, high},
		{"mapbox_token", "sk.eyJ", dottedSet, 60, 200, proofNone, high},
		{"onepassword_token", "ops_eyJ", base64Set, 200, 4096, proofNone, critical},
		{"age_key", "AGE-SECRET-KEY-1", upperSet, 58, 58, proofAge, critical},
		{"jwt", "eyJ", dottedSet, 60, 16384, proofJWT, high},
	}
}

// cloudForms are those of services that run and keep things.
func cloudForms() []tokenForm {
	return []tokenForm{
		{"aws_access_key", "AKIA", base32Set, 16, 16, proofNone, high},
		{"aws_access_key", "ASIA", base32Set, 16, 16, proofNone, high},
		{"aws_access_key", "ABIA", base32Set, 16, 16, proofNone, high},
		{"aws_access_key", "ACCA", base32Set, 16, 16, proofNone, high},
		{"aws_bedrock_key", "ABSK", base64Set, 100, 300, proofRandom, critical},
		{"google_api_key", "AIza", urlSet, 35, 35, proofNone, high},
		{"google_oauth_secret", "GOCSPX-", urlSet, 28, 28, proofNone, critical},
		{"google_oauth_token", "ya29.", dottedSet, 30, 2048, proofNone, critical},
		{"azure_client_secret", "Q~", tildeSet, 31, 34, proofAzure, critical},
		{"azure_storage_key", "AccountKey=", base64Set, 86, 90, proofNone, critical},
		{"azure_shared_key", "SharedAccessKey=", base64Set, 43, 60, proofNone, critical},
		{"azure_sas", "&sig=", percentSet, 40, 80, proofRandom, high},
		{"alibaba_access_key", "LTAI", alnumSet, 16, 26, proofRandom, high},
		{"tencent_secret_id", "AKID", alnumSet, 32, 32, proofRandom, high},
		{"yandex_key", "AQVN", urlSet, 34, 40, proofRandom, critical},
		{"vault_token", "hvs.", urlSet, 24, 300, proofRandom, critical},
		{"vault_token", "hvb.", urlSet, 24, 300, proofRandom, critical},
		{"doppler_token", "dp.pt.", alnumSet, 40, 44, proofNone, critical},
		{"doppler_token", "dp.st.", dottedSet, 40, 80, proofNone, critical},
		{"digitalocean_token", "dop_v1_", hexLowerSet, 64, 64, proofNone, critical},
		{"digitalocean_token", "doo_v1_", hexLowerSet, 64, 64, proofNone, critical},
		{"digitalocean_token", "dor_v1_", hexLowerSet, 64, 64, proofNone, critical},
		{"heroku_key", "HRKU-", urlSet, 36, 64, proofNone, critical},
		{"fly_token", "FlyV1 fm2_", base64Set, 60, 1024, proofNone, critical},
		{"fly_token", "fo1_", urlSet, 43, 43, proofRandom, critical},
		{"netlify_token", "nfp_", alnumSet, 36, 40, proofNone, critical},
		{"supabase_token", "sbp_", hexLowerSet, 40, 40, proofNone, critical},
		{"supabase_key", "sb_secret_", wordSet, 20, 64, proofNone, critical},
		{"planetscale_token", "pscale_tkn_", dottedSet, 32, 64, proofNone, critical},
		{"planetscale_password", "pscale_pw_", dottedSet, 32, 64, proofNone, critical},
		{"databricks_token", "dapi", hexLowerSet, 32, 34, proofRandom, critical},
		{"pulumi_token", "pul-", hexLowerSet, 40, 40, proofNone, critical},
		{"tailscale_key", "tskey-", urlSet, 24, 80, proofNone, critical},
		{"terraform_token", ".atlasv1.", urlSet, 60, 80, proofNone, critical},
	}
}

// modelForms are those of services that offer language models.
func modelForms() []tokenForm {
	return []tokenForm{
		{"anthropic_key", "sk-ant-", urlSet, 24, 255, proofNone, critical},
		{"openai_key", "sk-proj-", urlSet, 24, 255, proofNone, critical},
		{"openai_key", "sk-svcacct-", urlSet, 24, 255, proofNone, critical},
		{"openai_key", "sk-admin-", urlSet, 24, 255, proofNone, critical},
		{"openrouter_key", "sk-or-v1-", hexLowerSet, 48, 64, proofNone, critical},
		{"langfuse_key", "sk-lf-", urlSet, 36, 36, proofNone, high},
		{"openai_key", "sk-", alnumSet, 32, 64, proofRandom, critical},
		{"groq_key", "gsk_", alnumSet, 40, 64, proofRandom, critical},
		{"xai_key", "xai-", alnumSet, 60, 100, proofRandom, critical},
		{"perplexity_key", "pplx-", alnumSet, 40, 64, proofRandom, critical},
		{"huggingface_token", "hf_", alnumSet, 30, 40, proofRandom, critical},
		{"huggingface_token", "api_org_", alnumSet, 30, 40, proofRandom, critical},
		{"replicate_token", "r8_", alnumSet, 37, 37, proofRandom, critical},
		{"fireworks_key", "fw_", alnumSet, 24, 32, proofRandom, high},
		{"pinecone_key", "pcsk_", wordSet, 40, 90, proofRandom, critical},
		{"langsmith_key", "lsv2_", wordSet, 40, 64, proofNone, high},
	}
}

// messageForms are those of services that pass on messages and money.
func messageForms() []tokenForm {
	return []tokenForm{
		{"slack_token", "xoxb-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxp-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxa-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxr-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxs-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxe-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxc-", urlSet, 20, 255, proofNone, critical},
		{"slack_token", "xoxe.xox", dottedSet, 20, 255, proofNone, critical},
		{"slack_token", "xapp-1-", urlSet, 20, 255, proofNone, critical},
		{"slack_webhook", "hooks.slack.com/services/T", pathSet, 24, 80, proofURL, high},
		{"slack_webhook", "hooks.slack.com/workflows/T", pathSet, 24, 100, proofURL, high},
		{"discord_webhook", "discord.com/api/webhooks/", pathSet, 60, 120, proofURL, high},
		{"discord_webhook", "discordapp.com/api/webhooks/", pathSet, 60, 120, proofURL, high},
		{"teams_webhook", ".webhook.office.com/webhookb0/", pathSet, 60, 300, proofURL, high},
		{"stripe_key", "sk_live_", alnumSet, 16, 255, proofNone, critical},
		{"stripe_key", "rk_live_", alnumSet, 16, 255, proofNone, critical},
		{"stripe_test_key", "sk_test_", alnumSet, 16, 255, proofNone, medium},
		{"stripe_test_key", "rk_test_", alnumSet, 16, 255, proofNone, medium},
		{"webhook_secret", "whsec_", base64Set, 24, 128, proofRandom, high},
		{"shopify_token", "shpat_", hexSet, 32, 32, proofNone, critical},
		{"shopify_token", "shpca_", hexSet, 32, 32, proofNone, critical},
		{"shopify_token", "shppa_", hexSet, 32, 32, proofNone, critical},
		{"shopify_token", "shpss_", hexSet, 32, 32, proofNone, critical},
		{"square_token", "sq0atp-", urlSet, 22, 22, proofNone, critical},
		{"square_token", "sq0csp-", urlSet, 43, 43, proofNone, critical},
		{"square_token", "EAAA", urlSet, 60, 60, proofRandom, critical},
		{"facebook_token", "EAA", alnumSet, 90, 400, proofRandom, high},
		{"twilio_key", "SK", hexLowerSet, 32, 32, proofRandom, high},
		{"sendgrid_key", "SG.", dottedSet, 60, 70, proofRandom, critical},
		{"mailgun_key", "key-", hexLowerSet, 32, 32, proofRandom, high},
		{"mailchimp_key", "-us", digitSet, 1, 2, proofMailchimp, high},
		{"brevo_key", "xkeysib-", urlSet, 64, 100, proofNone, critical},
		{"resend_key", "re_", wordSet, 30, 40, proofRandom, high},
		{"telegram_token", ":AA", urlSet, 32, 34, proofTelegram, critical},
		{"razorpay_key", "rzp_live_", alnumSet, 14, 24, proofNone, high},
		{"discord_token", ".G", dottedSet, 33, 50, proofDiscord, critical},
		{"discord_token", ".X", dottedSet, 33, 50, proofDiscord, critical},
		{"discord_token", ".Y", dottedSet, 33, 50, proofDiscord, critical},
	}
}
