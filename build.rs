//! Gives the program a word for the rules by which this build joins: a snapshot's stored result counts only for builds
//! that would say the same.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Everything that the result of a join depends on.
const JOIN: [&str; 3] = ["src/kinds", "src/ledger", "src/model"];

fn main() {
    let mut files = BTreeSet::new();
    for folder in JOIN {
        println!("cargo::rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
        let module = format!("{folder}.rs");
        println!("cargo::rerun-if-changed={module}");
        files.insert(PathBuf::from(module));
    }
    // Another compiler may hash otherwise; then results are joined again, and nothing is wrong.
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.to_string_lossy().hash(&mut hasher);
        std::fs::read(&file).expect("a source file").hash(&mut hasher);
    }
    println!("cargo::rustc-env=WHOSE_JOIN={:016x}", hasher.finish());
}

fn collect(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path);
        }
    }
}
