#!/usr/bin/env python3
"""Calls every row of the table against a moto server, with requests made from the table alone.

    probe_moto.py [-v]        prints what ran, what answered items, and each row that went wrong

This is the table's reader in a hundred lines: what it needs, the caller in the binary needs. botocore signs
(SigV4) and, in `furnish`, makes a few things to find; no service model is read for a listing.
Exit 1 if an answer that moto implements does not fit its row.
"""
import collections
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TABLE = pathlib.Path(__file__).parent.parent.parent / "src" / "kinds" / "table"
ACCOUNT, REGION = "123456789012", "eu-west-1"
# Where moto answers what AWS does not; items without an id are passed over there, and nowhere else.
QUIRKS = {"aws_route53_delegation_set": "moto lists each zone's own name servers too, with an empty Id"}
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")


class Gap(Exception):
    """The server does not implement the call, or refuses it."""


def load():
    head, *lines = (TABLE / "services.tsv").read_text().splitlines()
    services = {line.split("\t")[0]: dict(zip(head.split("\t"), line.split("\t"))) for line in lines}
    rows = [json.loads(line) for line in (TABLE / "kinds.jsonl").read_text().splitlines()]
    return services, {r["kind"]: r for r in rows}


# --- reading answers ---------------------------------------------------------------------------------

def bare(tag):
    return tag.rsplit("}", 1)[-1]


def members(node, name):
    """The children of that name: an XML element's, or a JSON object's."""
    if isinstance(node, ET.Element):
        return [c for c in node if bare(c.tag) == name]
    if isinstance(node, dict):
        return [node[name]] if name in node else []
    return []


def dig(node, path):
    """Every value at a path; `x[]` stands for each of x."""
    if path == ".":
        return [node]
    nodes = [node]
    for step in path.split("."):
        each = step.endswith("[]")
        found = []
        for one in nodes:
            here = members(one, step.removesuffix("[]"))
            if each and not isinstance(one, ET.Element):
                here = [x for h in here if isinstance(h, list) for x in h]
            elif not each:
                here = here[:1]
            found += here
        nodes = found
    return nodes


def text(node):
    if isinstance(node, ET.Element):
        return (node.text or "").strip() if len(node) == 0 else None
    if isinstance(node, bool):
        return str(node).lower()
    return None if node is None or isinstance(node, (dict, list)) else str(node)


def filtered(given, filters):
    for one in filters:
        name, _, arg = one.partition(":")
        if name == "strip_prefix":
            given = given.removeprefix(arg)
        elif name == "strip_suffix":
            given = given.removesuffix(arg)
        elif name == "after_last":
            given = given.rsplit(arg, 1)[-1]
        elif name == "lower":
            given = given.lower()
        elif name == "unescape":
            given = re.sub(r"\\(\d{3})", lambda m: chr(int(m.group(1), 8)), given)
    return given


class Item:
    def __init__(self, node, detail, context):
        self.node, self.detail, self.context = node, detail, context

    def value(self, expr):
        for alternative in expr.split("||"):
            path, *filters = alternative.split("|")
            base = self.node
            if path.startswith("detail:"):
                base, path = self.detail, path[7:]
            for found in dig(base, path) if base is not None else []:
                if text(found):
                    return filtered(text(found), filters)
        return None

    def expr(self, expr):
        if "{" not in expr:
            return self.value(expr)
        missing = []

        def fill(match):
            name = match.group(1)
            given = self.context[name] if name in self.context else self.value(name)
            if given is None:
                missing.append(name)
            return given or ""

        out = re.sub(r"\{([^{}]+)\}", fill, expr)
        return None if missing else out

    def holds(self, condition):
        for part in condition.split(" && "):
            path, op, wanted = re.match(r"^(.*?)(==|!=|\^=|~=|\?$)(.*)$", part).groups()
            wanted = re.sub(r"\{([^{}]+)\}", lambda m: self.context.get(m.group(1)) or "", wanted)
            given = self.value(path)
            base = self.detail if path.startswith("detail:") else self.node
            import fnmatch
            ok = {"==": given == wanted, "!=": given != wanted, "^=": (given or "").startswith(wanted),
                  "~=": fnmatch.fnmatchcase(given or "", wanted), "?": bool(dig(base, path.removeprefix("detail:")))}[op]
            if not ok:
                return False
        return True


# --- making calls ------------------------------------------------------------------------------------

def fill(value, context):
    if isinstance(value, str):
        return re.sub(r"\{([^{}]+)\}", lambda m: str(context[m.group(1)]) if m.group(1) in context else m.group(0), value)
    if isinstance(value, list):
        return [fill(v, context) for v in value]
    if isinstance(value, dict):
        return {k: fill(v, context) for k, v in value.items()}
    return value


def call(base, service, op, part, context, region, extra=None):
    proto = service["protocol"]
    quoted = {k: urllib.parse.quote(str(v), safe="") for k, v in context.items() if v is not None}
    uri = re.sub(r"\{([^{}]+)\}", lambda m: quoted.get(m.group(1), m.group(0)), part.get("uri", "/"))
    query = fill(part.get("query", {}), context)
    headers = fill(part.get("headers", {}), context)
    form, body = fill(part.get("form", {}), context), fill(part.get("body", {}), context)
    for place, given in extra or []:
        where, _, name = place.partition(":")
        {"query": query, "header": headers, "form": form, "body": body, "body_string": body}[where][name] = str(given) if where != "body" else given
    data = b""
    if proto in ("query", "ec2"):
        form = {"Action": op, "Version": service["api_version"], **form}
        data = urllib.parse.urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    elif proto == "json":
        data = json.dumps(body).encode()
        headers["Content-Type"] = f"application/x-amz-json-{service['json']}"
        headers["X-Amz-Target"] = f"{service['target_prefix']}.{op}"
    elif proto == "rest-json" and part["method"] != "GET":
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    elif proto == "rest-json" and body:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    url = base + uri + ("?" + urllib.parse.urlencode(query, doseq=True, quote_via=urllib.parse.quote) if query else "")
    request = AWSRequest(method=part.get("method", "POST"), url=url, data=data, headers=headers)
    SigV4Auth(KEYS, service["signing_name"], region).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data or None, dict(request.headers), method=request.method), timeout=60) as answer:
            raw = answer.read()
    except urllib.error.HTTPError as error:
        raw = error.read()
        what = re.search(rb"<Code>(.*?)</Code>|__type\"?: ?\"([^\"]+)|(Not yet implemented|NotImplemented|NotYetImplemented)|<title>(.*?)</title>", raw)
        raise Gap(f"{error.code} {(what.group(0) if what else raw[:80]).decode(errors='replace')}") from None
    except Exception as error:
        raise Gap(repr(error)) from None
    if proto in ("query", "ec2", "rest-xml"):
        try:
            root = ET.fromstring(raw)
        except ET.ParseError:
            raise Gap("no XML: " + raw[:60].decode(errors="replace")) from None
        inner = [c for c in root if bare(c.tag) == op + "Result"]
        return inner[0] if proto == "query" and inner else root
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        raise Gap("no JSON: " + raw[:60].decode(errors="replace")) from None


def listing(base, services, row, parent, parents):
    """Every item of a row under one parent, all pages: [(Item, {id, arn, name})]."""
    service = services[row["service"]]
    region = row.get("at") or service["global"] or REGION
    context = {"partition": "aws", "account": ACCOUNT, "region": region}
    prefix = "parent."
    while parent is not None:
        for field in ("id", "arn", "name"):
            context[prefix + field] = parent.get(field)
        parent, prefix = parent.get("parent"), prefix + "parent."
    out, pages = [], 0
    for each in row.get("each", [None]):
        value, _, at = (each or "").partition("@")
        where = at or region
        context.update(each=value, region=where)
        extra = []
        if "page" in row:
            place, _, size = row["page"].rpartition("=")
            extra.append((place, int(size)))
        token, seen = [], set()
        while True:
            try:
                answer = call(base, service, row["op"], row, context, where, extra + token)
            except Gap:
                if each is None:
                    raise
                break  # one value refused leaves the others
            pages += 1
            nodes = dig(answer, row["items"])
            for node in nodes:
                detail = None
                item = Item(node, None, dict(context))
                if "detail" in row:
                    words = {w: item.context.get(w) or item.value(w) for w in re.findall(r"\{([^{}]+)\}", json.dumps(row["detail"]))}
                    try:
                        found = dig(call(base, service, row["detail"]["op"], row["detail"], words, where), row["detail"]["path"])
                        item.detail = found[0] if found else None
                    except Gap:
                        pass  # the item stays, without what its detail would tell
                out.append(item)
            more = dig(answer, row["more"]) if "more" in row else []
            if more and text(more[0]) != "true":
                break
            token = []
            for place, path in row.get("tokens", []):
                if path.startswith("@last:"):
                    given = Item(nodes[-1], None, {}).value(path[6:]) if nodes and more else None
                else:
                    given = next((text(v) for v in dig(answer, path)), None)
                if given:
                    token.append((place, given))
            if not token or str(token) in seen:
                break
            seen.add(str(token))
    return out, pages


# --- something to find ---------------------------------------------------------------------------------

def furnish(url):
    """Makes one or two of many things. What moto cannot make is passed over."""
    import boto3

    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name=REGION)
    made, failed = 0, []
    clients = {}

    def make(service, op, region=REGION, **given):
        nonlocal made
        key = (service, region)
        if key not in clients:
            clients[key] = session.client(service, region_name=region, endpoint_url=url)
        try:
            answer = getattr(clients[key], op)(**given)
            made += 1
            return answer
        except Exception as error:
            failed.append(f"{service}.{op}: {str(error)[:90]}")
            return collections.defaultdict(lambda: collections.defaultdict(str))

    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    role = make("iam", "create_role", RoleName="probe", AssumeRolePolicyDocument=trust)["Role"]["Arn"] or f"arn:aws:iam::{ACCOUNT}:role/probe"
    make("iam", "create_service_linked_role", AWSServiceName="autoscaling.amazonaws.com")
    make("iam", "create_user", UserName="probe"); make("iam", "create_access_key", UserName="probe")
    make("iam", "create_group", GroupName="probe"); make("iam", "create_policy", PolicyName="probe", PolicyDocument=policy)
    make("iam", "create_instance_profile", InstanceProfileName="probe")
    make("iam", "create_open_id_connect_provider", Url="https://example.com", ThumbprintList=["a" * 40])
    make("iam", "create_saml_provider", Name="probe", SAMLMetadataDocument="a" * 1024)
    make("iam", "create_virtual_mfa_device", VirtualMFADeviceName="probe")
    make("s3", "create_bucket", Bucket="probe-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    make("s3control", "create_access_point", AccountId=ACCOUNT, Name="probe", Bucket="probe-bucket")
    make("sns", "create_topic", Name="probe"); make("sns", "subscribe", TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:probe", Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:probe")
    make("sqs", "create_queue", QueueName="probe"); make("sqs", "create_queue", QueueName="probe2")
    key = make("kms", "create_key")["KeyMetadata"]["KeyId"]; make("kms", "create_alias", AliasName="alias/probe", TargetKeyId=key)
    make("dynamodb", "create_table", TableName="probe", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
    import io
    import zipfile
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("a.py", "def f(e, c): pass")
    make("lambda", "create_function", FunctionName="probe", Runtime="python3.12", Role=role, Handler="a.f", Code={"ZipFile": code.getvalue()})
    make("lambda", "publish_layer_version", LayerName="probe", Content={"ZipFile": code.getvalue()})
    make("lambda", "create_event_source_mapping", FunctionName="probe", EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:probe")
    make("logs", "create_log_group", logGroupName="/probe"); make("logs", "put_metric_filter", logGroupName="/probe", filterName="f", filterPattern="x", metricTransformations=[{"metricName": "a", "metricNamespace": "b", "metricValue": "1"}])
    make("cloudwatch", "put_metric_alarm", AlarmName="probe", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, MetricName="m", Namespace="n", Period=60, Statistic="Sum", Threshold=1.0)
    make("cloudwatch", "put_dashboard", DashboardName="probe", DashboardBody="{}", region="us-east-1")
    make("events", "create_event_bus", Name="probe"); make("events", "put_rule", Name="probe", EventBusName="probe", EventPattern="{}"); make("events", "put_rule", Name="probe0", ScheduleExpression="rate(1 day)")
    make("events", "create_archive", ArchiveName="probe", EventSourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/probe")
    make("events", "create_connection", Name="probe", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}})
    make("ecr", "create_repository", repositoryName="probe"); make("efs", "create_file_system", CreationToken="probe")
    net = make("ec2", "create_vpc", CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    sub = make("ec2", "create_subnet", VpcId=net, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    sub2 = make("ec2", "create_subnet", VpcId=net, CidrBlock="10.1.1.0/24", AvailabilityZone=REGION + "b")["Subnet"]["SubnetId"]
    make("ec2", "create_carrier_gateway", VpcId=net); make("ec2", "create_transit_gateway")
    make("ec2", "create_fleet", LaunchTemplateConfigs=[], TargetCapacitySpecification={"TotalTargetCapacity": 1})
    make("ec2", "allocate_hosts", AvailabilityZone=REGION + "a", InstanceType="m5.large", Quantity=1)
    make("eks", "create_cluster", name="probe", roleArn=role, resourcesVpcConfig={"subnetIds": [sub, sub2]})
    make("eks", "create_nodegroup", clusterName="probe", nodegroupName="ng", nodeRole=role, subnets=[sub])
    make("eks", "create_fargate_profile", clusterName="probe", fargateProfileName="fp", podExecutionRoleArn=role, selectors=[{"namespace": "a"}])
    make("route53", "create_hosted_zone", Name="example.com", CallerReference="1"); make("route53", "create_health_check", CallerReference="1", HealthCheckConfig={"IPAddress": "1.2.3.4", "Port": 80, "Type": "TCP"})
    make("route53", "create_reusable_delegation_set", CallerReference="1")
    make("apigateway", "create_rest_api", name="probe"); make("apigateway", "create_api_key", name="probe"); make("apigateway", "create_usage_plan", name="probe")
    make("apigateway", "create_domain_name", domainName="api.example.com", certificateName="a")
    make("apigatewayv2", "create_api", Name="probe", ProtocolType="HTTP"); make("apigatewayv2", "create_vpc_link", Name="probe", SubnetIds=[sub])
    for api in clients[("apigatewayv2", REGION)].get_apis()["Items"]:
        make("apigatewayv2", "create_stage", ApiId=api["ApiId"], StageName="s")
    make("secretsmanager", "create_secret", Name="probe", SecretString="x"); make("ssm", "put_parameter", Name="/probe/a", Value="x", Type="String")
    make("ssm", "create_document", Content='{"schemaVersion":"2.2","description":"d","mainSteps":[]}', Name="probe", DocumentType="Command")
    make("ssm", "create_maintenance_window", Name="probe", Schedule="rate(1 day)", Duration=2, Cutoff=1, AllowUnassociatedTargets=True)
    make("ssm", "create_patch_baseline", Name="probe")
    make("acm", "request_certificate", DomainName="example.com"); make("acm-pca", "create_certificate_authority", CertificateAuthorityConfiguration={"KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA", "Subject": {"CommonName": "a"}}, CertificateAuthorityType="ROOT")
    make("kinesis", "create_stream", StreamName="probe", ShardCount=1)
    make("firehose", "create_delivery_stream", DeliveryStreamName="probe", ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::probe-bucket"})
    make("stepfunctions", "create_state_machine", name="probe", definition='{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}', roleArn=role); make("stepfunctions", "create_activity", name="probe")
    make("cognito-idp", "create_user_pool", PoolName="probe"); make("cognito-identity", "create_identity_pool", IdentityPoolName="probe", AllowUnauthenticatedIdentities=False)
    for pool in clients[("cognito-idp", REGION)].list_user_pools(MaxResults=10)["UserPools"]:
        make("cognito-idp", "create_user_pool_client", UserPoolId=pool["Id"], ClientName="c")
    make("glue", "create_database", DatabaseInput={"Name": "probe"}); make("glue", "create_table", DatabaseName="probe", TableInput={"Name": "t"})
    make("glue", "create_job", Name="probe", Role=role, Command={"Name": "glueetl"}); make("glue", "create_crawler", Name="probe", Role=role, DatabaseName="probe", Targets={"S3Targets": [{"Path": "s3://probe-bucket"}]})
    make("glue", "create_registry", RegistryName="probe"); make("glue", "create_connection", ConnectionInput={"Name": "probe", "ConnectionType": "NETWORK", "ConnectionProperties": {}}); make("glue", "create_workflow", Name="probe"); make("glue", "create_trigger", Name="probe", Type="ON_DEMAND", Actions=[{"JobName": "probe"}])
    make("athena", "create_work_group", Name="probe"); make("athena", "create_data_catalog", Name="probe", Type="GLUE"); make("athena", "create_named_query", Name="q", Database="probe", QueryString="select 1", WorkGroup="probe")
    make("backup", "create_backup_vault", BackupVaultName="probe"); make("backup", "create_backup_plan", BackupPlan={"BackupPlanName": "probe", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "probe"}]})
    make("cloudformation", "create_stack", StackName="probe", TemplateBody='{"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}'); make("cloudformation", "create_stack_set", StackSetName="probe", TemplateBody='{"Resources":{}}')
    make("cloudtrail", "create_trail", Name="probe", S3BucketName="probe-bucket")
    make("config", "put_configuration_recorder", ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": {"allSupported": True}}); make("config", "put_configuration_aggregator", ConfigurationAggregatorName="probe", AccountAggregationSources=[{"AccountIds": [ACCOUNT], "AllAwsRegions": True}])
    make("codebuild", "create_project", name="probe", source={"type": "NO_SOURCE", "buildspec": "x"}, artifacts={"type": "NO_ARTIFACTS"}, environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}, serviceRole=role)
    make("codedeploy", "create_application", applicationName="probe", computePlatform="Server"); make("codedeploy", "create_deployment_group", applicationName="probe", deploymentGroupName="g", serviceRoleArn=role)
    make("codepipeline", "create_pipeline", pipeline={"name": "probe", "roleArn": role, "artifactStore": {"type": "S3", "location": "probe-bucket"}, "stages": [{"name": "S", "actions": [{"name": "A", "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}}]}, {"name": "T", "actions": [{"name": "B", "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}}]}]})
    make("elasticache", "create_cache_cluster", CacheClusterId="probe", Engine="redis", NumCacheNodes=1, CacheNodeType="cache.t3.micro"); make("elasticache", "create_replication_group", ReplicationGroupId="probe-rg", ReplicationGroupDescription="d"); make("elasticache", "create_user", UserId="probe", UserName="probe", Engine="redis", AccessString="on", NoPasswordRequired=True)
    make("elasticache", "create_cache_subnet_group", CacheSubnetGroupName="probe", CacheSubnetGroupDescription="d", SubnetIds=[sub])
    make("redshift", "create_cluster", ClusterIdentifier="probe", NodeType="ra3.xlplus", MasterUsername="admin1", MasterUserPassword="Passw0rd1"); make("redshift", "create_cluster_parameter_group", ParameterGroupName="probe", ParameterGroupFamily="redshift-1.0", Description="d"); make("redshift", "create_cluster_subnet_group", ClusterSubnetGroupName="probe", Description="d", SubnetIds=[sub])
    make("opensearch", "create_domain", DomainName="probe"); make("emr", "run_job_flow", Name="probe", Instances={"MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True}, JobFlowRole="a", ServiceRole="b")
    make("autoscaling", "create_launch_configuration", LaunchConfigurationName="probe", ImageId="ami-12c6146b", InstanceType="t3.micro"); make("autoscaling", "create_auto_scaling_group", AutoScalingGroupName="probe", LaunchConfigurationName="probe", MinSize=0, MaxSize=0, VPCZoneIdentifier=sub); make("autoscaling", "put_scaling_policy", AutoScalingGroupName="probe", PolicyName="p", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    make("elb", "create_load_balancer", LoadBalancerName="probe", Listeners=[{"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}], Subnets=[sub])
    make("batch", "create_compute_environment", computeEnvironmentName="probe", type="UNMANAGED", serviceRole=role); make("batch", "register_job_definition", jobDefinitionName="probe", type="container", containerProperties={"image": "i", "vcpus": 1, "memory": 128})
    make("wafv2", "create_ip_set", Name="probe", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["1.2.3.4/32"]); make("wafv2", "create_web_acl", Name="probe", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"})
    make("cloudfront", "create_cloud_front_origin_access_identity", CloudFrontOriginAccessIdentityConfig={"CallerReference": "a", "Comment": "c"}); make("cloudfront", "create_origin_access_control", OriginAccessControlConfig={"Name": "probe", "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"})
    make("cloudfront", "create_distribution", DistributionConfig={"CallerReference": "a", "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "probe-bucket.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}]}, "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}, "MinTTL": 0}, "Comment": "", "Enabled": True})
    make("appsync", "create_graphql_api", name="probe", authenticationType="API_KEY"); make("appconfig", "create_application", Name="probe"); make("servicediscovery", "create_http_namespace", Name="probe"); make("servicediscovery", "create_service", Name="probe")
    make("scheduler", "create_schedule_group", Name="probe"); make("scheduler", "create_schedule", Name="probe", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target={"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:probe", "RoleArn": role})
    make("sesv2", "create_email_identity", EmailIdentity="example.com"); make("sesv2", "create_configuration_set", ConfigurationSetName="probe"); make("sesv2", "create_contact_list", ContactListName="probe")
    make("iot", "create_thing", thingName="probe"); make("iot", "create_policy", policyName="probe", policyDocument=policy); make("iot", "create_role_alias", roleAlias="probe", roleArn=role)
    make("mq", "create_broker", BrokerName="probe", DeploymentMode="SINGLE_INSTANCE", EngineType="RABBITMQ", HostInstanceType="mq.t3.micro", PubliclyAccessible=False, AutoMinorVersionUpgrade=True, Users=[{"Username": "u", "Password": "pppppppppppp"}])
    make("transfer", "create_server"); make("guardduty", "create_detector", Enable=True); make("fsx", "create_file_system", FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=[sub]); make("datasync", "create_location_s3", S3BucketArn="arn:aws:s3:::probe-bucket", S3Config={"BucketAccessRoleArn": role}, Subdirectory="/")
    make("dms", "create_replication_subnet_group", ReplicationSubnetGroupIdentifier="probe", ReplicationSubnetGroupDescription="d", SubnetIds=[sub]); make("dms", "create_endpoint", EndpointIdentifier="probe", EndpointType="source", EngineName="mysql")
    make("sagemaker", "create_notebook_instance", NotebookInstanceName="probe", InstanceType="ml.t3.medium", RoleArn=role); make("sagemaker", "create_model", ModelName="probe", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    make("route53resolver", "create_resolver_rule", CreatorRequestId="a", RuleType="SYSTEM", DomainName="a.example.com", Name="probe"); make("xray", "create_group", GroupName="probe"); make("ram", "create_resource_share", name="probe")
    make("application-autoscaling", "register_scalable_target", ServiceNamespace="dynamodb", ResourceId="table/probe", ScalableDimension="dynamodb:table:ReadCapacityUnits", MinCapacity=1, MaxCapacity=2)
    make("organizations", "create_organization", FeatureSet="ALL", region="us-east-1"); roots = clients.get(("organizations", "us-east-1"))
    if roots:
        root = roots.list_roots()["Roots"][0]["Id"]
        unit = make("organizations", "create_organizational_unit", ParentId=root, Name="a", region="us-east-1")["OrganizationalUnit"]["Id"]
        make("organizations", "create_organizational_unit", ParentId=unit, Name="b", region="us-east-1")
    make("memorydb", "create_cluster", ClusterName="probe", NodeType="db.t4g.small", ACLName="open-access"); make("mediaconnect", "list_flows"); make("kafka", "create_cluster_v2", ClusterName="probe", Provisioned={"BrokerNodeGroupInfo": {"InstanceType": "kafka.m5.large", "ClientSubnets": [sub]}, "KafkaVersion": "3.5.1", "NumberOfBrokerNodes": 1})
    make("globalaccelerator", "list_accelerators", region="us-west-2"); make("ivs", "create_channel", name="probe"); make("amp", "create_workspace", alias="probe"); make("quicksight", "create_group", AwsAccountId=ACCOUNT, Namespace="default", GroupName="probe"); make("osis", "list_pipelines"); make("resource-groups", "create_group", Name="probe", ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": '{"ResourceTypeFilters":["AWS::AllSupported"],"TagFilters":[{"Key":"a","Values":["b"]}]}'})
    make("networkmanager", "create_global_network", region="us-west-2"); make("workspaces", "describe_workspaces"); make("budgets", "create_budget", AccountId=ACCOUNT, Budget={"BudgetName": "probe", "TimeUnit": "MONTHLY", "BudgetType": "COST", "BudgetLimit": {"Amount": "1", "Unit": "USD"}}, region="us-east-1")
    make("elasticbeanstalk", "create_application", ApplicationName="probe"); make("swf", "register_domain", name="probe", workflowExecutionRetentionPeriodInDays="1"); make("signer", "put_signing_profile", profileName="probe", platformId="AWSLambda-SHA384-ECDSA"); make("synthetics", "create_canary", Name="probe", Code={"Handler": "a"}, ArtifactS3Location="s3://probe-bucket", ExecutionRoleArn=role, Schedule={"Expression": "rate(1 hour)"}, RuntimeVersion="syn-nodejs-puppeteer-6.2")
    make("codecommit", "create_repository", repositoryName="probe"); make("kinesisvideo", "create_stream", StreamName="probe"); make("kinesisanalyticsv2", "create_application", ApplicationName="probe", RuntimeEnvironment="FLINK-1_18", ServiceExecutionRole=role); make("lakeformation", "register_resource", ResourceArn="arn:aws:s3:::probe-bucket"); make("rekognition", "list_collections"); make("ds", "create_directory", Name="d.example.com", Password="Passw0rd1", Size="Small", VpcSettings={"VpcId": net, "SubnetIds": [sub, sub2]})
    make("vpc-lattice", "create_service_network", name="probe"); make("vpc-lattice", "create_service", name="probe"); make("verifiedpermissions", "create_policy_store", validationSettings={"mode": "OFF"}); make("identitystore", "list_groups", IdentityStoreId="d-1"); make("sso-admin", "list_instances"); make("service-quotas", "list_services"); make("emr-serverless", "create_application", name="probe", releaseLabel="emr-6.6.0", type="SPARK"); make("emr-containers", "list_virtual_clusters"); make("dlm", "get_lifecycle_policies"); make("appmesh", "create_mesh", meshName="probe"); make("appmesh", "create_virtual_router", meshName="probe", virtualRouterName="r", spec={"listeners": [{"portMapping": {"port": 80, "protocol": "http"}}]}); make("appmesh", "create_route", meshName="probe", virtualRouterName="r", routeName="x", spec={"httpRoute": {"match": {"prefix": "/"}, "action": {"weightedTargets": [{"virtualNode": "n", "weight": 1}]}}})
    return made, failed


# --- the run ---------------------------------------------------------------------------------------------

def main():
    verbose = "-v" in sys.argv
    services, rows = load()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(["moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"})
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(base + "/moto-api/", timeout=1).read()
                break
            except Exception:
                time.sleep(0.25)
        made, failed = furnish(base)
        if verbose:
            print("\n".join("not made: " + f for f in failed))
        return probe(base, services, rows, made, verbose)
    finally:
        server.terminate()
        server.wait()


def probe(base, services, rows, made, verbose):
    found, gaps, wrong, ran, calls = {}, {}, [], set(), 0

    def visit(kind):
        nonlocal calls
        if kind in found:
            return found[kind]
        found[kind] = []
        row = rows.get(kind)
        if row is None:
            return []
        wholes = [None]
        if "parent" in row:
            wholes = [p for name in row["parent"] if name != kind for p in visit(name)]
        queue, out = list(wholes), []
        while queue:
            whole = queue.pop(0)
            try:
                items, pages = listing(base, services, row, whole, rows)
                calls += pages
            except Gap as gap:
                gaps[kind] = str(gap)
                continue
            ran.add(kind)
            for item in items:
                if any(item.holds(c) for c in row.get("drop", [])) or not all(item.holds(c) for c in row.get("keep", [])):
                    continue
                got = {f: item.expr(row[f]) for f in ("id", "arn", "name", "created", "region") if f in row}
                got["parent"] = whole
                if not got["id"] and kind in QUIRKS:
                    continue
                if not got["id"]:
                    wrong.append(f"{kind}: no id at {row['id']}")
                if "arn" in row and not (got["arn"] or "").startswith("arn:"):
                    wrong.append(f"{kind}: {got['arn']!r} at {row['arn']} is no ARN")
                out.append(got)
                if kind in row.get("parent", []):
                    queue.append(got)
        found[kind] = out
        return out

    for kind in sorted(rows):
        visit(kind)
    for kind in sorted(ran):
        if found[kind] and verbose:
            one = found[kind][0]
            print(f"{kind}: {len(found[kind])}  id={one['id']}  arn={one.get('arn')}  name={one.get('name')}  created={one.get('created')}")
    if verbose:
        for kind, gap in sorted(gaps.items()):
            if kind not in ran:
                print(f"gap {kind}: {gap}")
    for line in sorted(set(wrong)):
        print("WRONG", line)
    some = [k for k in ran if found[k]]
    print(f"{made} things made; {len(rows)} rows: {len(ran)} ran in {calls} calls, {len(some)} of them with items, "
          f"{len(set(gaps) - ran)} not implemented or refused, {len([k for k in rows if k not in ran and k not in gaps])} without a parent to list; {len(set(wrong))} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
