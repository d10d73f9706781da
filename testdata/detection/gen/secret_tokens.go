package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// A token is a vendor's form of credential: its class, and how one is made that was never issued.
type token struct {
	class string
	make  func(d dice) string
}

// form returns a maker of tokens with a fixed prefix and n characters of an alphabet.
func form(prefix string, n int, alphabet string) func(dice) string {
	return func(d dice) string { return prefix + d.str(n, alphabet) }
}

// tokens lists the credentials that are known by their form alone, whatever stands around them.
func tokens() []token {
	return append(append(codeTokens(), cloudTokens()...), append(aiTokens(), serviceTokens()...)...)
}

// codeTokens are those of forges, package registries and build services.
func codeTokens() []token {
	return []token{
		{"github_token", crcToken("ghp_", 30)},
		{"github_token", crcToken("gho_", 30)},
		{"github_token", crcToken("ghs_", 30)},
		{"github_token", func(d dice) string { return crcToken("github_pat_"+d.str(22, alnum)+"_", 53)(d) }},
		{"gitlab_token", form("glpat-", 20, base64URL)},
		{"gitlab_token", form("glrt-", 20, base64URL)},
		{"npm_token", crcToken("npm_", 30)},
		{"pypi_token", func(d dice) string {
			return "pypi-AgEIcHlwaS5vcmc" + strings.TrimRight(base64.URLEncoding.EncodeToString(d.bytes(112)), "=")
		}},
		{"rubygems_token", form("rubygems_", 48, hexLower)},
		{"crates_token", form("cio", 32, alnum)},
		{"docker_token", form("dckr_pat_", 27, base64URL)},
		{"nuget_token", form("oy2", 43, alnumLow)},
		{"atlassian_token", atlassianToken},
		{"artifactory_token", form("AKCp8", 68, alnum)},
		{"pulumi_token", form("pul-", 40, hexLower)},
		{"terraform_token", func(d dice) string { return d.str(14, alnum) + ".atlasv1." + d.str(67, alnum) }},
		{"vault_token", form("hvs.", 95, base64URL)},
		{"doppler_token", form("dp.pt.", 43, alnum)},
		{"postman_token", func(d dice) string { return "PMAK-" + d.str(24, hexLower) + "-" + d.str(34, hexLower) }},
		{"sentry_token", func(d dice) string {
			return "sntrys_" + base64.StdEncoding.EncodeToString([]byte(`{"iat":17123`+d.str(5, digits)+`.1,"url":"https://sentry.io","org":"team"}`)) + "_" + d.str(43, base64Std)
		}},
	}
}

// cloudTokens are those of clouds and of what runs on them.
func cloudTokens() []token {
	return []token{
		{"aws_access_key", form("AKIA", 16, base32)},
		{"aws_access_key", form("ASIA", 16, base32)},
		{"google_api_key", form("AIzaSy", 33, base64URL)},
		{"google_oauth", form("GOCSPX-", 28, base64URL)},
		{"google_oauth", func(d dice) string { return "ya29." + d.str(160, base64URL) }},
		{"azure_secret", func(d dice) string { return d.str(3, alnum) + "8Q~" + d.str(34, base64URL) }},
		{"digitalocean_token", form("dop_v1_", 64, hexLower)},
		{"heroku_token", form("HRKU-AA", 58, base64URL)},
		{"flyio_token", func(d dice) string { return "fm2_" + base64.StdEncoding.EncodeToString(d.bytes(210)) }},
		{"databricks_token", form("dapi", 32, hexLower)},
		{"planetscale_token", form("pscale_tkn_", 43, base64URL)},
		{"supabase_token", form("sbp_", 40, hexLower)},
		{"netlify_token", form("nfp_", 36, alnum)},
		{"alibaba_key", form("LTAI5t", 18, alnum)},
		{"cloudflare_origin_key", func(d dice) string { return "v1.0-" + d.str(24, hexLower) + "-" + d.str(146, hexLower) }},
		{"grafana_token", func(d dice) string {
			body := "glsa_" + d.str(32, alnum)
			return fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE([]byte(body)))
		}},
		{"grafana_token", func(d dice) string {
			return "glc_" + base64.StdEncoding.EncodeToString([]byte(`{"o":"`+d.str(6, digits)+`","n":"stack-`+d.str(5, digits)+`-writer","k":"`+d.str(24, alnum)+`","m":{"r":"eu"}}`))
		}},
		{"newrelic_key", form("NRAK-", 27, digits+upper)},
		{"dynatrace_token", func(d dice) string { return "dt0c01." + d.str(24, digits+upper) + "." + d.str(64, digits+upper) }},
	}
}

// aiTokens are those of model services.
func aiTokens() []token {
	return []token{
		{"openai_key", func(d dice) string { return "sk-" + d.str(20, alnum) + "T3BlbkFJ" + d.str(20, alnum) }},
		{"openai_key", func(d dice) string { return "sk-proj-" + d.str(74, base64URL) + "T3BlbkFJ" + d.str(74, base64URL) }},
		{"anthropic_key", func(d dice) string { return "sk-ant-api03-" + d.str(93, base64URL) + "AA" }},
		{"huggingface_token", form("hf_", 34, upper+lower)},
		{"groq_key", func(d dice) string { return "gsk_" + d.str(20, alnum) + "WGdyb3FY" + d.str(24, alnum) }},
		{"replicate_token", form("r8_", 37, alnum)},
		{"xai_key", form("xai-", 80, alnum)},
		{"perplexity_key", form("pplx-", 48, alnum)},
		{"openrouter_key", form("sk-or-v1-", 64, hexLower)},
		{"langsmith_key", func(d dice) string { return "lsv2_pt_" + d.str(32, hexLower) + "_" + d.str(10, hexLower) }},
		{"pinecone_key", func(d dice) string { return "pcsk_" + d.str(6, alnum) + "_" + d.str(63, alnum) }},
	}
}

// serviceTokens are those of payment, mail, chat and office services, and the forms that belong to no vendor.
func serviceTokens() []token {
	return []token{
		{"slack_token", func(d dice) string {
			return "xoxb-" + d.str(12, digits) + "-" + d.str(13, digits) + "-" + d.str(24, alnum)
		}},
		{"slack_token", func(d dice) string {
			return "xoxp-" + d.str(12, digits) + "-" + d.str(12, digits) + "-" + d.str(13, digits) + "-" + d.str(32, hexLower)
		}},
		{"slack_token", func(d dice) string {
			return "xapp-1-A0" + d.str(9, digits+upper) + "-" + d.str(13, digits) + "-" + d.str(64, hexLower)
		}},
		{"slack_webhook", func(d dice) string {
			return "https://hooks.slack.com/services/T0" + d.str(9, digits+upper) + "/B0" + d.str(9, digits+upper) + "/" + d.str(24, alnum)
		}},
		{"discord_webhook", func(d dice) string {
			return "https://discord.com/api/webhooks/1" + d.str(18, digits) + "/" + d.str(68, base64URL)
		}},
		{"discord_token", func(d dice) string {
			id := base64.RawStdEncoding.EncodeToString([]byte("1" + d.str(17, digits)))
			return id + ".G" + d.str(5, base64URL) + "." + d.str(38, base64URL)
		}},
		{"telegram_token", func(d dice) string { return "7" + d.str(9, digits) + ":AA" + d.str(33, base64URL) }},
		{"stripe_key", form("sk_live_51", 99, alnum)},
		{"stripe_key", form("rk_live_51", 99, alnum)},
		{"stripe_webhook", form("whsec_", 32, alnum)},
		{"square_token", form("EAAAl", 59, base64URL)},
		{"braintree_token", func(d dice) string {
			return "access_token$production$" + d.str(16, alnumLow) + "$" + d.str(32, hexLower)
		}},
		{"shopify_token", form("shpat_", 32, hexLower)},
		{"shopify_token", form("shpss_", 32, hexLower)},
		{"sendgrid_key", func(d dice) string { return "SG." + d.str(22, base64URL) + "." + d.str(43, base64URL) }},
		{"mailchimp_key", func(d dice) string { return d.str(32, hexLower) + "-us" + pick(d, []string{"5", "14", "21"}) }},
		{"brevo_key", func(d dice) string { return "xkeysib-" + d.str(64, hexLower) + "-" + d.str(16, alnum) }},
		{"mailersend_key", form("mlsn.", 64, hexLower)},
		{"resend_key", func(d dice) string { return "re_" + d.str(8, alnum) + "_" + d.str(24, alnum) }},
		{"linear_key", form("lin_api_", 40, alnum)},
		{"notion_token", func(d dice) string { return "ntn_" + d.str(11, digits) + d.str(35, alnum) }},
		{"figma_token", form("figd_", 40, base64URL)},
		{"airtable_token", func(d dice) string { return "pat" + d.str(14, alnum) + "." + d.str(64, hexLower) }},
		{"dropbox_token", form("sl.u.AF", 130, base64URL)},
		{"mapbox_token", func(d dice) string {
			return "sk." + base64.RawURLEncoding.EncodeToString([]byte(`{"u":"atlas`+d.str(4, lower)+`","a":"cl`+d.str(23, alnumLow)+`"}`)) + "." + d.str(22, base64URL)
		}},
		{"jwt", jwt},
		{"jwt", jwt},
		{"age_key", ageKey},
		{"bitcoin_key", bitcoinKey},
	}
}

// crcToken makes a token that ends in the CRC-32 of its random part, in base 62 and six characters, as the blog post "Behind
// GitHub's new authentication token formats" describes.
func crcToken(prefix string, n int) func(dice) string {
	return func(d dice) string {
		random := d.str(n, alnum)
		sum := crc32.ChecksumIEEE([]byte(random))
		check := make([]byte, 6)
		for i := range check {
			check[5-i] = alnum[sum%62]
			sum /= 62
		}
		return prefix + random + string(check)
	}
}

// atlassianToken ends in the CRC-32 of what precedes it.
func atlassianToken(d dice) string {
	body := "ATATT3xFfGF0" + d.str(171, base64URL)
	return fmt.Sprintf("%s=%08X", body, crc32.ChecksumIEEE([]byte(body)))
}

// jwt makes a signed token of RFC 7519 with a random signature.
func jwt(d dice) string {
	head := pick(d, []string{`{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"RS256","kid":"` + d.str(8, hexLower) + `"}`})
	claims := fmt.Sprintf(`{"iss":"https://login.contoso.com/","sub":"%s","aud":"orders-api","iat":17%s,"scope":"orders:write"}`, d.uuid(), d.str(8, digits))
	enc := base64.RawURLEncoding.EncodeToString
	size := 32
	if strings.Contains(head, "RS256") {
		size = 256
	}
	return enc([]byte(head)) + "." + enc([]byte(claims)) + "." + enc(d.bytes(size))
}

// hexOf returns the hexadecimal form of n random bytes.
func hexOf(d dice, n int) string { return hex.EncodeToString(d.bytes(n)) }
