//! A file that will be written: tried before slow work, written beside its place, then renamed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::failure::Failure;

/// A place that could be written to when it was tried.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A file beside the target, which takes its name in the end.
    Beside(NamedTempFile),
    /// A device or pipe, which cannot be replaced.
    Device(File),
}

impl Target {
    /// Finds out whether `path` can be written; nothing is there under that name before [`Target::write`].
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Output {
            path: path.to_owned(),
            source,
        };
        let place = match std::fs::metadata(path) {
            Ok(old) if old.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(old) if !old.is_file() => Place::Device(File::options().write(true).open(path).map_err(failed)?),
            Ok(old) => {
                if old.permissions().readonly() {
                    return Err(failed(io::ErrorKind::PermissionDenied.into()));
                }
                // A link stays a link: what it points to is replaced.
                let path = std::fs::canonicalize(path).map_err(failed)?;
                Place::Beside(beside(&path, Some(old.permissions())).map_err(failed)?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Place::Beside(beside(path, None).map_err(failed)?),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            place,
        })
    }

    /// Writes `text` and gives the file its name.
    pub(crate) fn write(self, text: &str) -> Result<(), Failure> {
        let path = self.path.clone();
        self.try_write(text).map_err(|source| Failure::Output { path, source })
    }

    fn try_write(self, text: &str) -> io::Result<()> {
        match self.place {
            Place::Device(mut device) => device.write_all(text.as_bytes()),
            Place::Beside(mut file) => {
                file.write_all(text.as_bytes())?;
                file.as_file().sync_all()?;
                let path = std::fs::canonicalize(&self.path).unwrap_or(self.path);
                file.persist(path).map_err(|error| error.error)?;
                Ok(())
            }
        }
    }
}

fn beside(path: &Path, permissions: Option<std::fs::Permissions>) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".whose-").suffix(".part");
    #[cfg(unix)]
    let permissions = permissions.or_else(|| {
        // What any other tool's new file gets: all that the umask leaves.
        use std::os::unix::fs::PermissionsExt;
        Some(std::fs::Permissions::from_mode(0o666))
    });
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.md");
        std::fs::write(&path, "old").expect("written");
        let target = Target::open(&path).expect("writable");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "old");
        drop(target);
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is left"
        );
        Target::open(&path).expect("writable").write("new").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            1,
            "nothing is left"
        );
    }

    #[test]
    fn what_cannot_be_written_is_found_before_the_work() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Target::open(folder.path()).is_err(), "a folder");
        assert!(Target::open(&folder.path().join("no/such/folder.md")).is_err());
    }
}
