package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"strings"
)

// ed25519Key returns a private key in PKCS #8.
func ed25519Key(d dice) string {
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(d.bytes(32)))
	if err != nil {
		panic(err)
	}
	return pemOf("PRIVATE KEY", der)
}

// ecKey returns a P-256 private key in PKCS #8.
func ecKey(d dice) string {
	for {
		key, err := ecdh.P256().NewPrivateKey(d.bytes(32))
		if err != nil {
			continue
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		return pemOf("PRIVATE KEY", der)
	}
}

// rsaKey returns a private key of 1,024 bits in PKCS #1. It is made from chosen primes, since the library's own generator
// does not follow a given source.
func rsaKey(d dice) string {
	e := big.NewInt(65537)
	for {
		p, q := prime(d), prime(d)
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		exponent := new(big.Int).ModInverse(e, phi)
		if exponent == nil || p.Cmp(q) == 0 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: exponent, Primes: []*big.Int{p, q}}
		key.Precompute()
		return pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	}
}

// prime returns a prime of 512 bits.
func prime(d dice) *big.Int {
	for {
		b := d.bytes(64)
		b[0] |= 0xC0
		b[63] |= 1
		if n := new(big.Int).SetBytes(b); n.ProbablyPrime(20) {
			return n
		}
	}
}

// opensshKey returns an Ed25519 key in the format of PROTOCOL.key of OpenSSH, without a passphrase.
func opensshKey(d dice) string {
	key := ed25519.NewKeyFromSeed(d.bytes(32))
	public := key.Public().(ed25519.PublicKey)
	field := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	blob := append(field([]byte("ssh-ed25519")), field(public)...)
	check := d.bytes(4)
	secret := bytes.Join([][]byte{check, check, blob, field(key), field([]byte("deploy@build-07"))}, nil)
	for i := byte(1); len(secret)%8 != 0; i++ {
		secret = append(secret, i)
	}
	body := bytes.Join([][]byte{[]byte("openssh-key-v1\x00"), field([]byte("none")), field([]byte("none")), field(nil), {0, 0, 0, 1}, field(blob), field(secret)}, nil)
	return pemOf("OPENSSH PRIVATE KEY", body)
}

// pgpKey returns random bytes in the armour of a private key block of RFC 9580, with its CRC-24.
func pgpKey(d dice) string {
	body := append([]byte{0x95, 0x01, 0xd8, 0x04}, d.bytes(470)...)
	crc := uint32(0xB704CE)
	for _, b := range body {
		crc ^= uint32(b) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864CFB
			}
		}
	}
	sum := base64.StdEncoding.EncodeToString([]byte{byte(crc >> 16), byte(crc >> 8), byte(crc)})
	return "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + wrap(base64.StdEncoding.EncodeToString(body), 64) + "=" + sum + "\n-----END PGP PRIVATE KEY BLOCK-----"
}

// puttyKey returns a key file of PuTTY in version 3.
func puttyKey(d dice) string {
	return "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: eddsa-key-20250311\nPublic-Lines: 2\n" +
		wrap(base64.StdEncoding.EncodeToString(append([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), d.bytes(32)...)), 64) +
		"Private-Lines: 1\n" + base64.StdEncoding.EncodeToString(d.bytes(33)) + "\nPrivate-MAC: " + hexOf(d, 32)
}

func pemOf(kind string, der []byte) string {
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// wrap breaks a text into lines.
func wrap(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return b.String() + text + "\n"
}

// ageKey returns an identity of the age file format: Bech32 (BIP 173) in upper case.
func ageKey(d dice) string {
	const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	const human = "age-secret-key-"
	values := fiveBits(d.bytes(32))
	expanded := make([]byte, 0, 2*len(human)+1)
	for _, c := range []byte(human) {
		expanded = append(expanded, c>>5)
	}
	expanded = append(expanded, 0)
	for _, c := range []byte(human) {
		expanded = append(expanded, c&31)
	}
	sum := bech32Polymod(append(append(expanded, values...), make([]byte, 6)...)) ^ 1
	for i := range 6 {
		values = append(values, byte(sum>>(5*(5-i)))&31)
	}
	text := human + "1"
	var textSb141 strings.Builder
	for _, v := range values {
		textSb141.WriteString(string(charset[v]))
	}
	text += textSb141.String()
	return strings.ToUpper(text)
}

// fiveBits splits bytes into groups of five bits, the last padded with zeros.
func fiveBits(data []byte) []byte {
	var out []byte
	acc, bits := 0, 0
	for _, b := range data {
		acc, bits = acc<<8|int(b), bits+8
		for bits >= 5 {
			bits -= 5
			out = append(out, byte(acc>>bits)&31)
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		out = append(out, byte(acc<<(5-bits))&31)
	}
	return out
}

// bech32Polymod is the checksum of BIP 173.
func bech32Polymod(values []byte) uint32 {
	generator := []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	chk := uint32(1)
	for _, v := range values {
		top := chk >> 25
		chk = (chk&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				chk ^= g
			}
		}
	}
	return chk
}

// bitcoinKey returns a compressed private key in wallet import format: Base58 with the first four bytes of a double SHA-256.
func bitcoinKey(d dice) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	raw := append(append([]byte{0x80}, d.bytes(32)...), 1)
	first := sha256.Sum256(raw)
	second := sha256.Sum256(first[:])
	n := new(big.Int).SetBytes(append(raw, second[:4]...))
	var text []byte
	for n.Sign() > 0 {
		rest := new(big.Int)
		n.DivMod(n, big.NewInt(58), rest)
		text = append([]byte{alphabet[rest.Int64()]}, text...)
	}
	return string(text)
}
