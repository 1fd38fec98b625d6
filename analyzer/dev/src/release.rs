//! Release builds of this workspace's programs.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ward_dev::repository;

/// Builds a package's program as users get it, and tells where it is.
pub(crate) fn build(package: &str) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", package])
        .current_dir(repository())
        .status()
        .context("cargo cannot be run")?;
    ensure!(status.success(), "{package} does not build");
    // This program lies in the folder of its profile, which lies beside that of the others.
    let here = env::current_exe().context("the path of this program is not known")?;
    let target = here.ancestors().nth(2).context("this program does not lie in a target folder")?;
    Ok(target.join("release").join(format!("{package}{}", env::consts::EXE_SUFFIX)))
}
