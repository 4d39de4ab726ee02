package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/signature"
)

var keyCommand = Command{
	Name: "key", Category: Utility, Feature: config.NixCommand,
	Summary: "generate and convert signing keys",
	Doc:     "Keys are Ed25519 keys with a name in front. Who has the secret key can sign store paths; the public key goes into the setting `trusted-public-keys` of those who are to believe the signatures.",
	Sub:     []*Command{&keyToPublicCommand, &keyGenerateCommand},
}

var keyNameFlag = Flag{Long: "key-name", Labels: []string{"name"}, Doc: "The name of the key, by custom that of a cache with a number: `cache.example.org-1`. It must be given."}

var keyGenerateCommand = Command{
	Name: "generate-secret", Category: Utility, Feature: config.NixCommand,
	Summary:  "generate a secret key for signing store paths",
	Doc:      "Prints a new secret key, without a line end. Keep it where only those can read it who are to sign.",
	Examples: []Example{{"Make a key", "nix key generate-secret --key-name cache.example.org-1 > ./secret-key"}},
	Flags:    [][]*Flag{{&keyNameFlag}},
	Run:      runKeyGenerate,
}

func runKeyGenerate(_ context.Context, c *Call) error {
	name, ok := c.Value(&keyNameFlag)
	if !ok {
		return diag.Misuse(diag.Usage, "required argument '--key-name' is missing")
	}
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:])
	_, err := io.WriteString(c.Out, signature.NewSecretKey(name, seed).Reveal())
	return err
}

var keyToPublicCommand = Command{
	Name: "convert-secret-to-public", Category: Utility, Feature: config.NixCommand,
	Summary:  "print the public key of a secret key",
	Doc:      "Reads a secret key from standard input and prints its public key, without a line end.",
	Examples: []Example{{"Get the public key", "nix key convert-secret-to-public < ./secret-key"}},
	Run:      runKeyToPublic,
}

func runKeyToPublic(_ context.Context, c *Call) error {
	text, err := io.ReadAll(c.Process.In)
	if err != nil {
		return err
	}
	key, err := signature.ParseSecretKey(string(text))
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.Out, key.Public().String())
	return err
}
