//! The formats as others see them: frozen samples, hostile licences, and what a derivation leaves behind.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails the test best where it stands"
)]

mod frozen;
mod hostile_licences;
mod memory;
mod rs256;

/// The allocator of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
