# Three canaries. None may ever reach a report, a log or a snapshot.

variable "db_password" {
  type      = string
  sensitive = true
  default   = "CANARY-db-password-7f3a"
}

variable "session_secret" {
  type    = string
  default = "CANARY-env-secret-91bc"
}

variable "bastion_token" {
  type    = string
  default = "CANARY-user-data-5d20"
}

# The switches below make the plans that tests check; the defaults are the account as it stands.

variable "office_cidr" {
  description = "The small honest change: one more rule, and a tag on the bastion."
  type        = string
  default     = null
}

variable "db_storage_encrypted" {
  description = "Encrypting a database that is not encrypted replaces it."
  type        = bool
  default     = false
}

variable "db_deletion_protection" {
  type    = bool
  default = false
}
