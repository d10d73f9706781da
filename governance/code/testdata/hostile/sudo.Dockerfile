FROM debian
RUN apt-get update && \
    sudo -u root -E make install
