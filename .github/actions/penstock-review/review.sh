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
for format in markdown html json sarif; do
  "$ENGINE/inv" review "$base" HEAD --format "$format" --output "$OUTPUT/review.$format" "${rehearsal[@]}" || failed=1
done
mv "$OUTPUT/review.markdown" "$OUTPUT/review.md"
exit "$failed"
