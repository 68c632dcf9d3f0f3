"""The cases page: failures to review by keys, how annotators agree, and files in and out."""
