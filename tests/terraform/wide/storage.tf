# Where things are kept: buckets, tables, file systems, images, vaults.

resource "aws_s3_bucket" "one" {
  bucket        = "wide-one"
  force_destroy = true
}

resource "aws_s3_bucket" "two" {
  bucket              = "wide-two"
  object_lock_enabled = true
}

resource "aws_s3_bucket_ownership_controls" "one" {
  bucket = aws_s3_bucket.one.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_acl" "one" {
  bucket     = aws_s3_bucket.one.id
  acl        = "private"
  depends_on = [aws_s3_bucket_ownership_controls.one]
}

resource "aws_s3_bucket_versioning" "one" {
  bucket = aws_s3_bucket.one.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_cors_configuration" "one" {
  bucket = aws_s3_bucket.one.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}

resource "aws_s3_bucket_policy" "one" {
  bucket = aws_s3_bucket.one.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "s3:DeleteBucket", Resource = aws_s3_bucket.one.arn, Principal = "*" }]
  })
}

resource "aws_s3_bucket_public_access_block" "one" {
  bucket                  = aws_s3_bucket.one.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "one" {
  bucket = aws_s3_bucket.one.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}

resource "aws_s3_bucket_website_configuration" "one" {
  bucket = aws_s3_bucket.one.id
  index_document { suffix = "index.html" }
}

resource "aws_s3_bucket_accelerate_configuration" "one" {
  bucket = aws_s3_bucket.one.id
  status = "Enabled"
}

resource "aws_s3_bucket_logging" "one" {
  bucket        = aws_s3_bucket.two.id
  target_bucket = aws_s3_bucket.one.id
  target_prefix = "log/"
}

resource "aws_s3_bucket_lifecycle_configuration" "one" {
  bucket = aws_s3_bucket.one.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter { prefix = "tmp/" }
    expiration { days = 7 }
  }
}

resource "aws_s3_bucket_notification" "one" {
  bucket      = aws_s3_bucket.one.id
  eventbridge = true
}

resource "aws_s3_bucket_inventory" "one" {
  bucket                   = aws_s3_bucket.one.id
  name                     = "all"
  included_object_versions = "Current"
  schedule { frequency = "Weekly" }
  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.two.arn
    }
  }
}

resource "aws_s3_object" "one" {
  bucket  = aws_s3_bucket.one.id
  key     = "a/b.txt"
  content = "wide"
}

resource "aws_s3_account_public_access_block" "one" { block_public_acls = true }

resource "aws_s3tables_table_bucket" "one" { name = "wide-tables" }

resource "aws_s3_directory_bucket" "one" {
  bucket = "wide--euw1-az1--x-s3"
  location { name = "euw1-az1" }
}

resource "aws_dynamodb_table" "one" {
  name         = "wide"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table_item" "one" {
  table_name = aws_dynamodb_table.one.name
  hash_key   = "id"
  item       = jsonencode({ id = { S = "one" } })
}

resource "aws_vpc" "one" { cidr_block = "10.60.0.0/16" }

resource "aws_subnet" "one" {
  vpc_id            = aws_vpc.one.id
  cidr_block        = "10.60.1.0/24"
  availability_zone = "eu-west-1a"
}

resource "aws_efs_file_system" "one" { creation_token = "wide" }

resource "aws_efs_mount_target" "one" {
  file_system_id = aws_efs_file_system.one.id
  subnet_id      = aws_subnet.one.id
}

resource "aws_efs_access_point" "one" { file_system_id = aws_efs_file_system.one.id }

resource "aws_efs_file_system_policy" "one" {
  file_system_id = aws_efs_file_system.one.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "elasticfilesystem:ClientMount", Resource = "*", Principal = { AWS = "*" } }]
  })
}

resource "aws_ecr_repository" "one" { name = "wide/image" }

resource "aws_ecr_lifecycle_policy" "one" {
  repository = aws_ecr_repository.one.name
  policy = jsonencode({
    rules = [{ rulePriority = 1, selection = { tagStatus = "untagged", countType = "imageCountMoreThan", countNumber = 9 }, action = { type = "expire" } }]
  })
}

resource "aws_ecr_repository_policy" "one" {
  repository = aws_ecr_repository.one.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "wide", Effect = "Allow", Action = "ecr:BatchGetImage", Principal = "*" }]
  })
}

resource "aws_backup_vault" "one" { name = "wide" }

resource "aws_backup_plan" "one" {
  name = "wide"
  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.one.name
    schedule          = "cron(0 5 * * ? *)"
  }
}

resource "aws_backup_report_plan" "one" {
  name = "wide"
  report_delivery_channel { s3_bucket_name = aws_s3_bucket.one.id }
  report_setting { report_template = "BACKUP_JOB_REPORT" }
}

resource "aws_backup_vault_lock_configuration" "one" {
  backup_vault_name  = aws_backup_vault.one.name
  min_retention_days = 7
}

resource "aws_glacier_vault" "one" { name = "wide" }

resource "aws_fsx_windows_file_system" "one" {
  subnet_ids          = [aws_subnet.one.id]
  storage_capacity    = 32
  throughput_capacity = 8
  active_directory_id = "d-1234567890"
}
