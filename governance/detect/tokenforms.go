package detect

import (
	"slices"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// proof is what is known about a token's form beyond its alphabet and length.
type proof uint8

const (
	proofNone        proof = iota
	proofCRC               // the last six characters are the base62 of the CRC-32 of the 30 before them
	proofRandom            // the prefix is so short that what follows must look random
	proofDense             // what follows must change its kind of characters often, as no name of a program does
	proofAzure             // stands behind three characters
	proofTelegram          // digits stand before it
	proofURL               // the prefix is a part of a URL
	proofJWT               // three parts, of which the first is a header
	proofDiscord           // three parts, of which the first is the base64 of a number
	proofMailchimp         // follows 32 hexadecimal digits
	proofAge               // Bech32, whose checksum is verified
	proofPath              // a part of a URL in which nothing else need look random
	proofUUID              // a UUID
	proofClickUp           // a number, an underscore and 32 capitals and digits
	proofOnePassword       // six groups of capitals and digits
	proofArmour            // the base64 of a PEM block, which must be that of a private key
	proofAzureKey          // stands near the end of a key in base64
	proofAzureDevOps       // stands before the last four of 84 characters
	proofHash              // what crypt(3) and its relatives write
	proofSalesforce        // follows the number of an organisation
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
	return slices.Concat(codeForms(), toolForms(), cloudForms(), hostForms(), modelForms(), messageForms(), tradeForms(), hashForms())
}

const critical, high, medium = match.Critical, match.High, match.Medium

// hashForms are those of hashed passwords, as crypt(5) and the frameworks' manuals describe them.
func hashForms() []tokenForm {
	return []tokenForm{
		{"bcrypt_hash", "$2a$", cryptSet, 56, 56, proofHash, medium},
		{"bcrypt_hash", "$2b$", cryptSet, 56, 56, proofHash, medium},
		{"bcrypt_hash", "$2y$", cryptSet, 56, 56, proofHash, medium},
		{"crypt_hash", "$1$", cryptSet, 22, 140, proofHash, medium},
		{"crypt_hash", "$5$", cryptSet, 22, 140, proofHash, medium},
		{"crypt_hash", "$6$", cryptSet, 22, 140, proofHash, medium},
		{"crypt_hash", "$7$", cryptSet, 22, 140, proofHash, medium},
		{"crypt_hash", "$y$", cryptSet, 40, 140, proofHash, medium},
		{"apache_hash", "$apr1$", cryptSet, 24, 40, proofHash, medium},
		{"argon_hash", "$argon2", cryptSet, 50, 200, proofHash, medium},
		{"pbkdf_hash", "pbkdf2_sha", cryptSet, 40, 200, proofHash, medium},
		{"pbkdf_hash", "$pbkdf2-", cryptSet, 40, 200, proofHash, medium},
		{"scrypt_hash", "$scrypt$", cryptSet, 40, 200, proofHash, medium},
		{"drupal_hash", "$S$", cryptSet, 52, 52, proofHash, medium},
		{"wordpress_hash", "$P$", cryptSet, 31, 31, proofHash, medium},
	}
}
