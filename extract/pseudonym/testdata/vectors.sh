#!/bin/sh
# Computes vectors.json with OpenSSL 3 alone, as a second opinion on the Go code:
#   sh testdata/vectors.sh > testdata/vectors.json
# The roots and identifiers are made up; the NHS numbers are of the 999 test range.
set -eu
root1=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
root2=ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100
key() { # root info
	openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt "hexkey:$1" -kdfopt "info:$2" -binary HKDF | od -An -v -tx1 | tr -d ' \n'
}
mac() { # key kind canonical
	printf 'v1\0%s\0%s' "$2" "$3" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" | sed 's/.*= *//' | cut -c1-32
}
sep=''
row() { # root prefix domain kind canonical
	k=$(key "$1" "$2/v1/$3")
	printf '%s  {"root": "%s", "use": "%s", "domain": "%s", "key": "%s", "kind": "%s", "canonical": "%s", "pseudonym": "%s"}' \
		"$sep" "$1" "$2" "$3" "$k" "$4" "$5" "$(mac "$k" "$4" "$5")"
	sep=',
'
}
echo '['
for root in $root1 $root2; do
	for domain in NIC-69431-K1K8R/commissioning/pseudonymised NIC-00001-AAAAA//identifiable; do
		row $root pid $domain nhs 9990000018
		row $root pid $domain nhs 9990000026
		row $root pid $domain local:RTA 9990000018
		row $root pid $domain local:hes_apc TESTWn4Rt4ww00zIOJ8rYBMf5fgC4tvI
		row $root rid $domain record:EPIKEY 513700125763
		row $root rid $domain record:AEKEY 513700125763
		row $root rid $domain record:SUSRECID ''
	done
done
printf '\n]\n'
