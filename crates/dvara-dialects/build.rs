//! Writes down the tokens of OpenAI's models, as `src/tokens/pairs.rs` reads them: every token in the order of its rank, each
//! as its length in a byte and its bytes. The ranks are those that tiktoken-rs carries.

use std::path::PathBuf;
use std::{env, fs};

use tiktoken_rs::CoreBPE;

fn main() {
    let folder = env::var_os("OUT_DIR").expect("cargo names a folder for what is made");
    let folder = PathBuf::from(folder);
    for (name, ranks) in [
        ("cl100k", tiktoken_rs::cl100k_base()),
        ("o200k", tiktoken_rs::o200k_base()),
    ] {
        let ranks = ranks.expect("the ranks lie in the crate");
        let path = folder.join(format!("{name}.tokens"));
        fs::write(path, in_order(&ranks)).expect("the folder takes files");
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// The tokens by rank. There is none behind the last text; tokens of control stand apart.
fn in_order(ranks: &CoreBPE) -> Vec<u8> {
    let tokens = (0..).map_while(|rank| ranks.decode_bytes(&[rank]).ok());
    let mut written = Vec::new();
    for token in tokens {
        written.push(u8::try_from(token.len()).expect("no token is longer than 255 bytes"));
        written.extend(token);
    }
    written
}
