package identity_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhixing/app/identity"
	"zhixing/domain"
	"zhixing/domain/org"
)

// directory is a real OpenLDAP server with invented people.
type directory struct {
	plain, secure, authorities string
}

const directoryData = `dn: dc=example,dc=edu
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=edu
objectClass: organizationalUnit
ou: people

dn: uid=s1,ou=people,dc=example,dc=edu
objectClass: inetOrgPerson
uid: s1
cn: Zhang
sn: Zhang
employeeNumber: 2024001
userPassword: secret-one

dn: uid=s*2,ou=people,dc=example,dc=edu
objectClass: inetOrgPerson
uid: s*2
cn: Star
sn: Star
employeeNumber: 2024002
userPassword: secret-two

dn: cn=reader,dc=example,dc=edu
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: ou=elsewhere,dc=example,dc=edu
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://evil.example/ou=elsewhere,dc=example,dc=edu
`

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func newDirectory(t *testing.T) *directory {
	t.Helper()
	slapd, err := exec.LookPath("/usr/sbin/slapd")
	if err != nil {
		t.Fatal("slapd is not installed: run make tools")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key := certificate(t)
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := write("slapd.conf", fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCertificateFile %[2]s
TLSCertificateKeyFile %[3]s
TLSCACertificateFile %[2]s
database mdb
maxsize 10485760
suffix "dc=example,dc=edu"
rootdn "cn=root,dc=example,dc=edu"
directory %[1]s/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn="cn=reader,dc=example,dc=edu" read by * none
`, dir, write("cert.pem", cert), write("key.pem", key)))
	data := write("data.ldif", directoryData)
	if out, err := exec.CommandContext(t.Context(), "/usr/sbin/slapadd", "-f", conf, "-l", data).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	d := &directory{plain: freePort(t), secure: freePort(t), authorities: cert}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), slapd, "-f", conf, "-h", "ldap://"+d.plain+" ldaps://"+d.secure, "-d", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", d.secure); err == nil {
			_ = c.Close()
			return d
		}
		if time.Now().After(deadline) {
			t.Fatal("slapd did not start")
		}
	}
}

func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
}

func (d *directory) config() org.ConnectionConfig {
	return org.ConnectionConfig{
		URL: "ldaps://" + d.secure, BindDN: "cn=reader,dc=example,dc=edu", BaseDN: "ou=people,dc=example,dc=edu", Filter: "(uid={name})",
		Number: "employeeNumber", Subject: "entryUUID", Authorities: d.authorities,
	}
}

func peerOf(t *testing.T, c org.ConnectionConfig, secret string) org.Peer {
	t.Helper()
	p, err := (&identity.Peers{Now: time.Now, Private: true}).Peer(org.Connection{Kind: org.ConnectionLDAP, Config: c}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A real directory lets in who knows his password, by LDAPS and by StartTLS, and
// nobody else, whatever is typed or set up.
//
// Seen red: without EscapeFilter the names with * found other people's entries;
// without the check of the empty password the reason was another (the library
// refuses it too).
func TestDirectory(t *testing.T) {
	d := newDirectory(t)
	ctx := t.Context()
	good := peerOf(t, d.config(), "reader-secret")
	a, err := good.Password(ctx, "s1", "secret-one")
	if err != nil {
		t.Fatal(err)
	}
	if a.Number != "2024001" || len(a.Subject) != 36 {
		t.Errorf("%+v", a)
	}
	if again, err := good.Password(ctx, "S1", "secret-one"); err != nil || again.Subject != a.Subject {
		t.Errorf("the same person in other letters: %+v, %v", again, err)
	}
	if star, err := good.Password(ctx, "s*2", "secret-two"); err != nil || star.Number != "2024002" {
		t.Errorf("a name with a star: %+v, %v", star, err)
	}
	starttls := d.config()
	starttls.URL, starttls.StartTLS = "ldap://"+d.plain, true
	if _, err := peerOf(t, starttls, "reader-secret").Password(ctx, "s1", "secret-one"); err != nil {
		t.Errorf("by StartTLS: %v", err)
	}
	for _, f := range good.Try(ctx, "") {
		if f.Reason != "" {
			t.Errorf("a good connection is found wrong: %+v", f)
		}
	}
	change := func(f func(c *org.ConnectionConfig)) org.ConnectionConfig { c := d.config(); f(&c); return c }
	stranger, _ := certificate(t)
	cases := []struct {
		name           string
		config         org.ConnectionConfig
		secret         string
		user, password string
		want           string
	}{
		{"wrong password", d.config(), "reader-secret", "s1", "guess", "password_wrong"},
		{"empty password", d.config(), "reader-secret", "s1", "", "password_empty"},
		{"unknown name", d.config(), "reader-secret", "nobody", "x", "password_wrong"},
		{"star", d.config(), "reader-secret", "*", "secret-one", "password_wrong"},
		{"prefix and star", d.config(), "reader-secret", "s*", "secret-one", "password_wrong"},
		{"filter closed and opened", d.config(), "reader-secret", "s1)(uid=*", "secret-one", "password_wrong"},
		{"filter made true", d.config(), "reader-secret", "*)(|(uid=*", "secret-one", "password_wrong"},
		{"backslash", d.config(), "reader-secret", `s\31`, "secret-one", "password_wrong"},
		{"NUL", d.config(), "reader-secret", "s1\x00", "secret-one", "password_wrong"},
		{"line break", d.config(), "reader-secret", "s1\nuid: x", "secret-one", "password_wrong"},
		{"a DN as name", d.config(), "reader-secret", "uid=s1,ou=people,dc=example,dc=edu", "secret-one", "password_wrong"},
		{"endless name", d.config(), "reader-secret", strings.Repeat("s", 65), "secret-one", "password_wrong"},
		{"bytes that are no text", d.config(), "reader-secret", "s1\xff", "secret-one", "password_wrong"},
		{"service account's password is wrong", d.config(), "guess", "s1", "secret-one", "client_refused"},
		{"service account without a password", d.config(), "", "s1", "secret-one", "client_refused"},
		{"read as nobody where that is not allowed", change(func(c *org.ConnectionConfig) { c.BindDN = "" }), "", "s1", "secret-one", "base_unknown"},
		{"filter that finds two", change(func(c *org.ConnectionConfig) { c.Filter = "(|(uid={name})(objectClass=inetOrgPerson))" }), "reader-secret", "s1", "secret-one", "many_entries"},
		{"base that is not there", change(func(c *org.ConnectionConfig) { c.BaseDN = "ou=none,dc=example,dc=edu" }), "reader-secret", "s1", "secret-one", "base_unknown"},
		{"base that refers elsewhere", change(func(c *org.ConnectionConfig) { c.BaseDN = "ou=elsewhere,dc=example,dc=edu" }), "reader-secret", "s1", "secret-one", "redirected"},
		{"no unique attribute", change(func(c *org.ConnectionConfig) { c.Subject = "mail" }), "reader-secret", "s1", "secret-one", "subject_missing"},
		{"unknown certificate", change(func(c *org.ConnectionConfig) { c.Authorities = stranger }), "reader-secret", "s1", "secret-one", "tls_wrong"},
		{"unknown certificate by StartTLS", change(func(c *org.ConnectionConfig) {
			c.URL, c.StartTLS, c.Authorities = "ldap://"+d.plain, true, stranger
		}), "reader-secret", "s1", "secret-one", "tls_wrong"},
		{"TLS towards a plain port", change(func(c *org.ConnectionConfig) { c.URL = "ldaps://" + d.plain }), "reader-secret", "s1", "secret-one", "unreachable"},
		{"nobody listens", change(func(c *org.ConnectionConfig) { c.URL = "ldaps://127.0.0.1:1" }), "reader-secret", "s1", "secret-one", "unreachable"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, err := peerOf(t, c.config, c.secret).Password(ctx, c.user, c.password)
			if a != nil || domain.ReasonOf(err) != "identity."+c.want {
				t.Errorf("%+v, %v; want %s", a, err, c.want)
			}
		})
	}
	t.Logf("%d hostile names, passwords and settings refused", len(cases))
}

// hostileDirectory answers the first bytes with nonsense.
func TestDirectoryThatTalksNonsense(t *testing.T) {
	cert, _ := certificate(t)
	for name, answer := range map[string]string{
		"nothing": "", "text": "HTTP/1.1 200 OK\r\n\r\n", "a length without end": "\x30\x84\x7f\xff\xff\xff",
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = ln.Close() }()
			go func() {
				conn, err := ln.Accept()
				if err == nil {
					_, _ = conn.Write([]byte(answer))
					_ = conn.Close()
				}
			}()
			c := (&directory{plain: ln.Addr().String(), authorities: cert}).config()
			c.URL, c.StartTLS = "ldap://"+ln.Addr().String(), true
			if a, err := peerOf(t, c, "reader-secret").Password(t.Context(), "s1", "x"); a != nil || domain.ReasonOf(err) != "identity.unreachable" {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}
