//! Tells cargo when the web pages are a reason to build again: once they are there, and, where they are put inside
//! (everywhere but in debug builds, which read them from the folder), when they changed.

use std::{env, path::Path};

const PAGES: &str = "../../ui/dist/index.html";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let reads_the_folder = env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    if !reads_the_folder || !Path::new(PAGES).exists() {
        println!("cargo::rerun-if-changed={PAGES}");
    }
}
