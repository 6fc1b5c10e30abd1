# All that Mnemo needs, in the versions of requirements.txt. In a clone:
#   docker build -t mnemo .
#   docker run --rm -v "$PWD:$PWD" -w "$PWD" -u "$(id -u):$(id -g)" mnemo snakemake --cores all
FROM python:3.11-slim
COPY requirements.txt /
RUN pip install --no-cache-dir --disable-pip-version-check -r /requirements.txt
# For whoever it runs as, and who may be nobody that it knows.
ENV HOME=/tmp LOGNAME=mnemo
CMD ["snakemake", "--help"]
