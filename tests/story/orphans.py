"""Makes the things that nobody owns: story-demo's clutter, by hand, as somebody did once.

Usage: orphans.py ENDPOINT
"""

import sys
import urllib.request

import boto3


def main(endpoint):
    def client(service):
        return boto3.client(
            service, region_name="eu-west-1", endpoint_url=endpoint,
            aws_access_key_id="test", aws_secret_access_key="test",
        )

    def clock(at):
        urllib.request.urlopen(f"{endpoint}/story/clock?at={at}", data=b"").read()

    def name(kind, text, **more):
        tags = [{"Key": "Name", "Value": text}] + [{"Key": k, "Value": v} for k, v in more.items()]
        return [{"ResourceType": kind, "Tags": tags}]

    ec2 = client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["platform"]}])["Vpcs"][0]["VpcId"]

    # A trial of last year that nobody cleaned up.
    clock("2025-08-19T13:05:00Z")
    volume = ec2.create_volume(
        AvailabilityZone="eu-west-1a", Size=200, VolumeType="gp2",
        TagSpecifications=name("volume", "reindex-scratch"),
    )["VolumeId"]
    ec2.allocate_address(Domain="vpc", TagSpecifications=name("elastic-ip", "reindex"))
    ec2.create_security_group(
        GroupName="reindex-tmp", Description="temporary", VpcId=vpc,
        TagSpecifications=name("security-group", "reindex-tmp"),
    )

    # A snapshot whose volume is gone, and one whose volume is the forgotten one.
    old = ec2.create_volume(AvailabilityZone="eu-west-1b", Size=80, VolumeType="gp2")["VolumeId"]
    ec2.create_snapshot(
        VolumeId=old, Description="before the move",
        TagSpecifications=name("snapshot", "before-the-move"),
    )
    ec2.delete_volume(VolumeId=old)
    ec2.create_snapshot(VolumeId=volume, Description="reindex")

    elb = client("elbv2")
    elb.create_target_group(
        Name="reindex", Protocol="HTTP", Port=9000, VpcId=vpc, TargetType="ip",
    )


if __name__ == "__main__":
    main(sys.argv[1])
