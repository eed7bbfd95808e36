# Write the files of a review to $OUTPUT, with the engine in $ENGINE; fail if the rehearsal or the review fails.
set -euo pipefail

if ! base=$(git merge-base HEAD "origin/$GITHUB_BASE_REF"); then
  echo "::error::no commit at which the pull request left $GITHUB_BASE_REF: give actions/checkout fetch-depth: 0"
  exit 1
fi
mkdir -p "$OUTPUT"
"$ENGINE/inv" --version

failed=0
rehearsal=()
if [ "$REHEARSE" = true ]; then
  "$ENGINE/inv" rehearse --base "$base" --json >"$OUTPUT/rehearsal.json" || failed=1
  # Without a line of JSON the rehearsal didn't begin, and its message is in the log.
  if [ -s "$OUTPUT/rehearsal.json" ]; then
    rehearsal=(--rehearsal "$OUTPUT/rehearsal.json")
  fi
fi
review() {
  "$ENGINE/inv" review "$base" HEAD --format "$1" --output "$OUTPUT/$2" "${rehearsal[@]}"
}
review markdown review.md || failed=1
# These fail for the same reasons, which need to be printed once; any other reason leaves no file.
for format in html json sarif; do
  printed=$(review "$format" "review.$format" 2>&1) || failed=1
  [ -e "$OUTPUT/review.$format" ] || printf '%s\n' "$printed" >&2
done
exit "$failed"
