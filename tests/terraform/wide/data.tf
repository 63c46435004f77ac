# What is worked on: catalogues, streams, caches, warehouses, migrations.

resource "aws_iam_role" "one" {
  name               = "wide-data"
  assume_role_policy = local.trust
}

resource "aws_s3_bucket" "one" { bucket = "wide-data" }

resource "aws_vpc" "one" { cidr_block = "10.63.0.0/16" }

resource "aws_subnet" "one" {
  count             = 2
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.63.${count.index}.0/24"
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "one" {
  name   = "wide-data"
  vpc_id = aws_vpc.one.id
}

resource "aws_glue_catalog_database" "one" { name = "wide" }

resource "aws_glue_catalog_table" "one" {
  name          = "wide"
  database_name = aws_glue_catalog_database.one.name
}

resource "aws_glue_crawler" "one" {
  name          = "wide"
  database_name = aws_glue_catalog_database.one.name
  role          = aws_iam_role.one.arn
  s3_target { path = "s3://${aws_s3_bucket.one.bucket}" }
}

resource "aws_glue_job" "one" {
  name     = "wide"
  role_arn = aws_iam_role.one.arn
  command { script_location = "s3://${aws_s3_bucket.one.bucket}/job.py" }
}

resource "aws_glue_connection" "one" {
  name                  = "wide"
  connection_properties = { JDBC_CONNECTION_URL = "jdbc:mysql://wide.example.com/wide", USERNAME = "wide", PASSWORD = "CANARY-glue-connection-4dd0" }
}

resource "aws_glue_registry" "one" { registry_name = "wide" }

resource "aws_glue_schema" "one" {
  schema_name       = "wide"
  registry_arn      = aws_glue_registry.one.arn
  data_format       = "AVRO"
  compatibility     = "NONE"
  schema_definition = jsonencode({ type = "record", name = "r1", fields = [{ name = "f1", type = "int" }] })
}

resource "aws_glue_security_configuration" "one" {
  name = "wide"
  encryption_configuration {
    cloudwatch_encryption { cloudwatch_encryption_mode = "DISABLED" }
    job_bookmarks_encryption { job_bookmarks_encryption_mode = "DISABLED" }
    s3_encryption { s3_encryption_mode = "DISABLED" }
  }
}

resource "aws_glue_trigger" "one" {
  name = "wide"
  type = "ON_DEMAND"
  actions { job_name = aws_glue_job.one.name }
}

resource "aws_glue_workflow" "one" { name = "wide" }

resource "aws_athena_workgroup" "one" { name = "wide" }

resource "aws_athena_data_catalog" "one" {
  name        = "wide"
  description = "wide"
  type        = "GLUE"
  parameters  = { catalog-id = "123456789012" }
}

resource "aws_athena_named_query" "one" {
  name     = "wide"
  database = "wide"
  query    = "SELECT 1"
}

resource "aws_athena_capacity_reservation" "one" {
  name        = "wide"
  target_dpus = 24
}

resource "aws_kinesis_stream" "one" {
  name        = "wide"
  shard_count = 1
}

resource "aws_kinesis_stream_consumer" "one" {
  name       = "wide"
  stream_arn = aws_kinesis_stream.one.arn
}

resource "aws_kinesis_resource_policy" "one" {
  resource_arn = aws_kinesis_stream.one.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kinesis:ListShards", Resource = aws_kinesis_stream.one.arn, Principal = { AWS = "arn:aws:iam::210987654321:root" } }]
  })
}

resource "aws_kinesis_firehose_delivery_stream" "one" {
  name        = "wide"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.one.arn
    bucket_arn = aws_s3_bucket.one.arn
  }
}

resource "aws_kinesisanalyticsv2_application" "one" {
  name                   = "wide"
  runtime_environment    = "FLINK-1_18"
  service_execution_role = aws_iam_role.one.arn
}

resource "aws_kinesis_video_stream" "one" { name = "wide" }

resource "aws_elasticache_subnet_group" "one" {
  name       = "wide"
  subnet_ids = aws_subnet.one[*].id
}

resource "aws_elasticache_cluster" "one" {
  cluster_id        = "wide"
  engine            = "memcached"
  node_type         = "cache.t4g.micro"
  num_cache_nodes   = 1
  subnet_group_name = aws_elasticache_subnet_group.one.name
}

resource "aws_elasticache_user" "one" {
  user_id       = "wide"
  user_name     = "wide"
  engine        = "redis"
  access_string = "on ~* +@all"
  passwords     = ["CANARY-elasticache-password-77"]
}

resource "aws_memorydb_subnet_group" "one" {
  name       = "wide"
  subnet_ids = aws_subnet.one[*].id
}

resource "aws_memorydb_cluster" "one" {
  name              = "wide"
  acl_name          = "open-access"
  node_type         = "db.t4g.small"
  subnet_group_name = aws_memorydb_subnet_group.one.name
}

resource "aws_memorydb_snapshot" "one" {
  name         = "wide"
  cluster_name = aws_memorydb_cluster.one.name
}

resource "aws_redshift_subnet_group" "one" {
  name       = "wide"
  subnet_ids = aws_subnet.one[*].id
}

resource "aws_redshift_parameter_group" "one" {
  name   = "wide"
  family = "redshift-1.0"
}

resource "aws_redshift_snapshot_copy_grant" "one" { snapshot_copy_grant_name = "wide" }

resource "aws_dms_endpoint" "one" {
  endpoint_id   = "wide"
  endpoint_type = "source"
  engine_name   = "mysql"
  server_name   = "db.wide.example.com"
  port          = 3306
  username      = "wide"
  password      = "CANARY-dms-password-08aa"
}

resource "aws_dms_endpoint" "two" {
  endpoint_id   = "wide-target"
  endpoint_type = "target"
  engine_name   = "mysql"
  server_name   = "db2.wide.example.com"
  port          = 3306
  username      = "wide"
  password      = "CANARY-dms-password-08aa"
}

resource "aws_dms_replication_subnet_group" "one" {
  replication_subnet_group_id          = "wide"
  replication_subnet_group_description = "wide"
  subnet_ids                           = aws_subnet.one[*].id
}

resource "aws_dms_replication_instance" "one" {
  replication_instance_id    = "wide"
  replication_instance_class = "dms.t3.micro"
}

resource "aws_dms_replication_task" "one" {
  replication_task_id      = "wide"
  migration_type           = "full-load"
  replication_instance_arn = aws_dms_replication_instance.one.replication_instance_arn
  source_endpoint_arn      = aws_dms_endpoint.one.endpoint_arn
  target_endpoint_arn      = aws_dms_endpoint.two.endpoint_arn
  table_mappings           = jsonencode({ rules = [{ "rule-type" = "selection", "rule-id" = "1", "rule-name" = "1", "object-locator" = { "schema-name" = "%", "table-name" = "%" }, "rule-action" = "include" }] })
}

resource "aws_neptune_subnet_group" "one" {
  name       = "wide-neptune"
  subnet_ids = aws_subnet.one[*].id
}

resource "aws_neptune_parameter_group" "one" {
  name   = "wide-neptune"
  family = "neptune1.3"
}

resource "aws_neptune_cluster" "one" {
  cluster_identifier  = "wide-neptune"
  skip_final_snapshot = true
}

resource "aws_neptune_cluster_snapshot" "one" {
  db_cluster_identifier          = aws_neptune_cluster.one.id
  db_cluster_snapshot_identifier = "wide-neptune"
}

resource "aws_lakeformation_resource" "one" {
  arn      = aws_s3_bucket.one.arn
  role_arn = aws_iam_role.one.arn
}

resource "aws_lakeformation_lf_tag" "one" {
  key    = "wide"
  values = ["a", "b"]
}

resource "aws_timestreamwrite_database" "one" { database_name = "wide" }

resource "aws_timestreamwrite_table" "one" {
  database_name = aws_timestreamwrite_database.one.database_name
  table_name    = "wide"
}

resource "aws_dax_cluster" "one" {
  cluster_name       = "wide"
  iam_role_arn       = aws_iam_role.one.arn
  node_type          = "dax.t3.small"
  replication_factor = 1
}

resource "aws_datapipeline_pipeline" "one" { name = "wide" }

resource "aws_opensearchserverless_security_policy" "one" {
  name   = "wide"
  type   = "encryption"
  policy = jsonencode({ Rules = [{ Resource = ["collection/wide"], ResourceType = "collection" }], AWSOwnedKey = true })
}

resource "aws_opensearchserverless_collection" "one" {
  name       = "wide"
  depends_on = [aws_opensearchserverless_security_policy.one]
}

resource "aws_osis_pipeline" "one" {
  pipeline_name               = "wide"
  min_units                   = 1
  max_units                   = 2
  pipeline_configuration_body = "version: '2'\nwide-pipeline:\n  source:\n    http:\n      path: /logs\n  sink:\n    - s3:\n        bucket: wide-data\n"
}

resource "aws_dsql_cluster" "one" {}

resource "aws_quicksight_group" "one" { group_name = "wide" }
