#!/usr/bin/env bash
# Plants leaks in a copy of the server's own code, one after the other. The privacy test must find each of them. LEAK=notice tries
# only those that are called so.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
copy=$target/leaks

# What it is, the file, what stands there, what stands there instead.
leaks=(
  "drafts in a student's list|marks/store.rs|.filter(Column::PublishedAt.is_not_null())|"
  "the history of another's mark|marks/student.rs|row.student_id == student.student().uuid() && |"
  "the attendance of everybody|attendance/student.rs|student: Some(student.student())|student: None"
  "how the whole class stands|attendance/student.rs|semester: Some(semester), ..own }|semester: Some(semester), ..Filter::default() }"
  "the sums of everybody|attendance/store.rs|counts.cond_where(filter.condition())|counts.cond_where(Filter { student: None, ..filter.clone() }.condition())"
  "how everybody attends, on the first page|attendance/student.rs|Filter { student: Some(student), ..Filter::default() }|Filter::default()"
  "a notice to all who are there|notifications/told.rs|Target::rooms([Room::user(user)])|Target::rooms([Room::students()])"
  "a notice of marks for the whole class|marks/notices.rs|let (title, message) = text(|let class = crate::students::of_class(tx.db(), sheet.course(), sheet.semester).await?; let students = students.into_iter().chain(class.iter().map(\|one\| UserId::from(one.user_id))); let (title, message) = text("
)

rm -rf "$copy" && mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --create --file - | tar -C "$copy" --extract
[ -d ui/dist ] && cp -r ui/dist "$copy/ui/dist"

run() {
  (cd "$copy" && CARGO_TARGET_DIR=$target PRIVACY_SEED=${PRIVACY_SEED:-11} \
    "$root/scripts/with-services.sh" cargo test --quiet -p lamplight --test it -- privacy::nobody_sees) > "$copy/output" 2>&1
}

run || { tail -n 40 "$copy/output"; echo "The privacy test fails without any leak."; exit 1; }
missed=0
for leak in "${leaks[@]}"; do
  what=${leak%%|*} rest=${leak#*|}
  [[ $what == *"${LEAK:-}"* ]] || continue
  file=crates/features/src/${rest%%|*} rest=${rest#*|}
  from=${rest%%|*} to=${rest#*|}
  # A bar of the code is written with a backslash before it.
  to=${to//\\|/|}
  code=$(cat "$root/$file" && printf x) && code=${code%x}
  case $code in
    *"$from"*) ;;
    *) echo "$file has no longer: $from" && exit 1 ;;
  esac
  printf '%s' "${code/"$from"/"$to"}" > "$copy/$file"
  if run; then
    echo "NOT FOUND: $what" && missed=1
  elif grep -q 'PRIVACY_SEED=[0-9]*: ' "$copy/output"; then
    echo "found: $what ($(grep -o 'PRIVACY_SEED=[0-9]*: .*' "$copy/output" | head -n 1 | cut -c 1-120))"
  else
    tail -n 40 "$copy/output" && echo "This leak can't be tried: $what" && exit 1
  fi
  cp "$root/$file" "$copy/$file"
done
rm -rf "$copy"
exit "$missed"
