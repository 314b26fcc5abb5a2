//! What a client shows to resume: the pid and the offset. A pid that was not signed by us, or was changed, is none.
//!
//! Input: 28 bytes of what a pid says, the place and the size of a change, then a text that a client might send.
#![no_main]

// Not a part of the crate's interface, so the file itself is taken in. It also spares the build of the database's drivers.
#[path = "../../crates/realtime/src/pid.rs"]
mod pid;

use std::sync::LazyLock;

use lamplight_auth::Secret;
use lamplight_kernel::{Offset, UserId};
use libfuzzer_sys::fuzz_target;
use pid::{Pid, Pids};
use uuid::Uuid;

static PIDS: LazyLock<Pids> =
    LazyLock::new(|| Pids::new(&Secret::from_text("a secret that is known to the fuzzer").expect("long enough")));

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        read(text);
    }
    let Some((said, rest)) = input.split_first_chunk::<30>() else {
        return;
    };
    let Some((user, said)) = said.split_first_chunk::<16>() else {
        return;
    };
    let Some((epoch, said)) = said.split_first_chunk::<4>() else {
        return;
    };
    let Some((seq, change)) = said.split_first_chunk::<8>() else {
        return;
    };
    let offset = Offset { epoch: u32::from_be_bytes(*epoch), seq: i64::from_be_bytes(*seq) };
    let pid = Pid { user: UserId::from_uuid(Uuid::from_bytes(*user)), offset };
    let signed = PIDS.sign(pid);
    assert_eq!(PIDS.read(&signed), Some(pid));

    let mut changed = signed.clone().into_bytes();
    let at = usize::from(change[0]) % changed.len();
    changed[at] ^= change[1];
    changed.extend(rest);
    if let Ok(changed) = String::from_utf8(changed) {
        assert_eq!(PIDS.read(&changed).is_some(), changed == signed);
    }
});

fn read(text: &str) {
    if let Some(pid) = PIDS.read(text) {
        assert_eq!(PIDS.sign(pid), text);
    }
    if let Ok(offset) = text.parse::<Offset>() {
        assert!(offset.seq >= 0);
        assert_eq!(offset.to_string().parse(), Ok(offset));
    }
}
