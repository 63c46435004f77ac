//! The recycle bin of EC2 (source: Amazon EBS User Guide, "Recycle Bin"): retention rules keep what was deleted for up to
//! a year.

use super::{Of, Remains};
use crate::aws::call::{Request, Tree};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::kinds::listed;
use crate::model::{Live, Symbol};

pub(super) const SNAPSHOTS: Remains = Remains {
    kind: "aws_ebs_snapshot",
    title: "EBS snapshot in the recycle bin",
    actions: &[SNAPSHOTS_ACTION],
    list: |cx| Box::pin(list(cx, &SNAPSHOT)),
    sentence: "a retention rule of the recycle bin keeps it",
    command: "aws ec2 restore-snapshot-from-recycle-bin --region {region} --snapshot-id {id}",
    of: Of::Deleted,
};

pub(super) const IMAGES: Remains = Remains {
    kind: "aws_ami",
    title: "image in the recycle bin",
    actions: &[IMAGES_ACTION],
    list: |cx| Box::pin(list(cx, &IMAGE)),
    sentence: "a retention rule of the recycle bin keeps it",
    command: "aws ec2 restore-image-from-recycle-bin --region {region} --image-id {id}",
    of: Of::Deleted,
};

pub(super) const VOLUMES: Remains = Remains {
    kind: "aws_ebs_volume",
    title: "EBS volume in the recycle bin",
    actions: &[VOLUMES_ACTION],
    list: |cx| Box::pin(list(cx, &VOLUME)),
    sentence: "a retention rule of the recycle bin keeps it; attach it again afterwards",
    command: "aws ec2 restore-volume-from-recycle-bin --region {region} --volume-id {id}",
    of: Of::Deleted,
};

const SNAPSHOTS_ACTION: &str = "ec2:ListSnapshotsInRecycleBin";
const IMAGES_ACTION: &str = "ec2:ListImagesInRecycleBin";
const VOLUMES_ACTION: &str = "ec2:ListVolumesInRecycleBin";

/// Names on the wire.
struct Bin {
    kind: &'static str,
    operation: &'static str,
    action: &'static str,
    items: &'static str,
    id: &'static str,
}

const SNAPSHOT: Bin = Bin {
    kind: "aws_ebs_snapshot",
    operation: "ListSnapshotsInRecycleBin",
    action: SNAPSHOTS_ACTION,
    items: "snapshotSet",
    id: "snapshotId",
};

const IMAGE: Bin = Bin {
    kind: "aws_ami",
    operation: "ListImagesInRecycleBin",
    action: IMAGES_ACTION,
    items: "imageSet",
    id: "imageId",
};

const VOLUME: Bin = Bin {
    kind: "aws_ebs_volume",
    operation: "ListVolumesInRecycleBin",
    action: VOLUMES_ACTION,
    items: "volumeSet",
    id: "volumeId",
};

async fn list(cx: &ListCx<'_>, bin: &Bin) -> Result<(), Fault> {
    let Some(service) = listed::service("ec2") else {
        return Err(Fault::ours(bin.action, Reason::NotOffered));
    };
    let ask = |token: Option<String>| Request {
        form: std::iter::once(("MaxResults".to_owned(), "1000".to_owned()))
            .chain(token.map(|token| ("NextToken".to_owned(), token)))
            .collect(),
        ..Request::default()
    };
    cx.ask(service, bin.operation, bin.action, ask, |page| {
        let items = page.items(bin.items);
        items
            .into_iter()
            .filter_map(|item| live(cx, bin, item))
            .for_each(|one| cx.found(one));
        page.at(&["nextToken"]).map(str::to_owned)
    })
    .await
}

fn live(cx: &ListCx<'_>, bin: &Bin, item: &Tree) -> Option<Live> {
    let id = item.at(&[bin.id])?;
    let mut live = Live::new(Symbol::known(bin.kind), cx.account, cx.region, id, "");
    live.name = item.at(&["name"]).map(Into::into);
    for (fact, field) in [("deleted_at", "recycleBinEnterTime"), ("until", "recycleBinExitTime")] {
        if let Some(time) = item.at(&[field]).and_then(listed::time) {
            live.observed.set(fact, time.to_string());
        }
    }
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn the_bin_is_read_page_by_page() {
        let page = |id: &str, token: &str| {
            format!(
                "<ListSnapshotsInRecycleBinResponse><snapshotSet><item><snapshotId>{id}</snapshotId>\
                 <recycleBinEnterTime>2026-11-20T10:00:00.123Z</recycleBinEnterTime>\
                 <recycleBinExitTime>2026-11-27T10:00:00.123Z</recycleBinExitTime><volumeId>vol-0a</volumeId></item>\
                 </snapshotSet>{token}</ListSnapshotsInRecycleBinResponse>"
            )
        };
        let found = Replay::default()
            .answer(SNAPSHOT.operation, &page("snap-0a", "<nextToken>2</nextToken>"))
            .answer(SNAPSHOT.operation, &page("snap-0b", ""))
            .list(SNAPSHOTS.list)
            .await
            .expect("both pages");
        let told: Vec<_> = found.iter().map(|one| (&*one.id, one.observed.text("until"))).collect();
        let until = Some("2026-11-27T10:00:00Z");
        assert_eq!(told, [("snap-0a", until), ("snap-0b", until)]);
    }

    #[tokio::test]
    async fn images_and_volumes_have_names_of_their_own_on_the_wire() {
        let found = Replay::default()
            .answer(
                IMAGE.operation,
                "<ListImagesInRecycleBinResponse><imageSet><item><imageId>ami-0a</imageId><name>golden</name></item>\
                 </imageSet></ListImagesInRecycleBinResponse>",
            )
            .list(IMAGES.list)
            .await
            .expect("one page");
        assert_eq!((&*found[0].id, found[0].name.as_deref()), ("ami-0a", Some("golden")));
        let found = Replay::default()
            .answer(
                VOLUME.operation,
                "<ListVolumesInRecycleBinResponse><volumeSet><item><volumeId>vol-0a</volumeId></item></volumeSet>\
                 </ListVolumesInRecycleBinResponse>",
            )
            .list(VOLUMES.list)
            .await
            .expect("one page");
        assert_eq!(&*found[0].id, "vol-0a");
    }
}
