//! libFuzzer around [`dvara_fuzz::answer::shaped`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::answer::shaped(data));
