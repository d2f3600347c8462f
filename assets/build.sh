#!/bin/sh
# Makes every vendored file of static/ again from the packages that package-lock.json pins, byte for byte.
# Needs node, npm and python3; nothing else in the project needs node. `make assets` calls it.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
npm ci --no-fund --no-audit --ignore-scripts --loglevel=error
packages=node_modules
static=../static

rm -rf "$static/nhsuk" "$static/licences"
mkdir -p "$static/nhsuk/images" "$static/licences"

# NHS components. The web fonts of assets.nhs.uk are dropped (pages fall back to Arial and ask no other host),
# picture addresses become relative, and the pointer to a source map that is not vendored goes.
nhsuk="$packages/nhsuk-frontend/dist/nhsuk"
sed -e 's/@font-face{[^}]*}//g' -e 's#url(/assets/images/#url(images/#g' -e 's#/\*\# sourceMappingURL=[^*]*\*/##' \
  "$nhsuk/nhsuk-frontend.min.css" > "$static/nhsuk/nhsuk-frontend.min.css"
sed -e 's#//\# sourceMappingURL=.*$##' "$nhsuk/nhsuk-frontend.min.js" > "$static/nhsuk/nhsuk-frontend.min.js"
for picture in $(grep -o 'url(images/[^)]*)' "$static/nhsuk/nhsuk-frontend.min.css" | sed 's#url(images/\(.*\))#\1#' | sort -u); do
  cp "$nhsuk/assets/images/$picture" "$static/nhsuk/images/$picture"
done

sed -e 's#//\# sourceMappingURL=.*$##' "$packages/htmx.org/dist/htmx.min.js" > "$static/htmx.min.js"

# One readable file that stamps and seals.
$packages/@esbuild/*/bin/esbuild seal.js --bundle --format=esm --target=es2022 --charset=utf8 --legal-comments=none \
  --log-level=warning --outfile="$static/seal.js" \
  --banner:js="// Stamps and seals a paper. Made by assets/build.sh from the packages that VENDOR.txt names; licences in static/licences/."

# The trustees' page: our own, one file that is opened from a disk.
python3 trustee/build.py > "$static/trustee.html"

cp licences/nhsuk-frontend.txt "$static/licences/nhsuk-frontend.txt"
cp $packages/htmx.org/LICENSE "$static/licences/htmx.txt"
cp $packages/@cloudflare/blindrsa-ts/LICENSE.txt "$static/licences/blindrsa-ts.txt"
cp $packages/sjcl/LICENSE.txt "$static/licences/sjcl.txt"
cp $packages/@hpke/core/LICENSE "$static/licences/hpke-core.txt"
cp $packages/@hpke/common/LICENSE "$static/licences/hpke-common.txt"
chmod -R u=rw,go=r,a+X "$static/nhsuk" "$static/licences"

version() { node -p "require('./$packages/$1/package.json').version"; }
(
  echo "# Files in static/ that others wrote, and trustee.html, ours, which is released with its sha256. Made by assets/build.sh; every line below is checked by tests/rules/assets."
  echo "# package  version  licence  where"
  echo "package nhsuk-frontend $(version nhsuk-frontend) MIT nhsuk/ (fonts and source map pointers removed, picture addresses relative)"
  echo "package htmx.org $(version htmx.org) 0BSD htmx.min.js (source map pointer removed)"
  echo "package @cloudflare/blindrsa-ts $(version @cloudflare/blindrsa-ts) Apache-2.0 seal.js (bundled unchanged)"
  echo "package sjcl $(version sjcl) BSD-2-Clause seal.js (the copy that blindrsa-ts carries, bundled unchanged)"
  echo "package @hpke/core $(version @hpke/core) MIT seal.js (bundled unchanged)"
  echo "package @hpke/common $(version @hpke/common) MIT seal.js (bundled unchanged)"
  echo "package esbuild $(version esbuild) MIT bundles seal.js (not vendored)"
  echo "# sha256  file"
  cd "$static" && find nhsuk licences htmx.min.js seal.js trustee.html -type f | sort | xargs sha256sum | while read -r sum file; do echo "sha256 $sum $file"; done
) > VENDOR.new
mv VENDOR.new "$static/VENDOR.txt"
